/**
 * The matcher's door against whatever may be sent to it: arbitrary JSON, arbitrary text, and valid requests with one thing
 * wrong. It never crashes, answers with a code of the list, and its state changes only with an event.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { doorRefusals, engineRefusals } from '#domain/refusal.ts';
import { type CommandResult, commandJson } from '#wire/matcher-api.ts';
import { encodeOrderRequest } from '#wire/order-request.ts';
import type { Reply } from '../../containers/matcher/answer-request.ts';
import { base, plainMarket, quote } from '../engine/trading-floor.ts';
import { askDoor } from './ask-door.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';
import { freshOperatorsId, type Wanted } from './orders.ts';

const numRuns = Number(process.env['CROSSBOOK_RUNS'] ?? 3_000);
const seed = Number(process.env['CROSSBOOK_SEED'] ?? 3);
/** A fresh matcher now and then, so that its state stays small. */
const runsPerWorld = 200;

const codes: readonly string[] = [...engineRefusals, ...doorRefusals];
const traders = ['alice', 'bob'];

type Place = { world: MatcherWorld; running: Running };

async function place(): Promise<Place> {
  const world = new MatcherWorld();
  world.ledger.policy = 'sticky';
  for (const trader of traders) {
    world.ledger.fund(address(trader), 'USDC', 100_000n);
    world.ledger.fund(address(trader), 'ETH', 1_000n);
  }
  const running = await world.start();
  const resting = traders.map((trader, at) =>
    world.order(trader, { side: at ? 'sell' : 'buy', ticks: at ? 110 : 90 }),
  );
  await world.send(running, ...resting);
  return { world, running };
}

/** What a story says of an order; the rest is filled in. */
const wanted: fc.Arbitrary<Omit<Wanted, 'nowMs'>> = fc
  .record({
    side: fc.constantFrom('buy', 'sell'),
    lots: fc.integer({ min: 1, max: 5 }),
    ticks: fc.integer({ min: 85, max: 115 }),
    kind: fc.constantFrom('gtc', 'gtd', 'ioc', 'fok', 'post', 'iceberg', 'stop', 'market', 'spend'),
    selfTrade: fc.constantFrom('expire_taker', 'expire_maker', 'expire_both', 'decrement'),
  })
  .map(({ kind, ...rest }) => ({ ...rest, ...attributesOf(kind) }) as Omit<Wanted, 'nowMs'>);

function attributesOf(kind: string): Partial<Wanted> {
  if (kind === 'post') return { postOnly: true };
  if (kind === 'iceberg') return { display: '1' };
  if (kind === 'stop') return { orderType: 'stop_limit', trigger: '100' };
  if (kind === 'market') return { orderType: 'market', timeInForce: 'ioc' };
  if (kind === 'spend') return { orderType: 'market', timeInForce: 'ioc', spendUnits: 300 };
  return { timeInForce: kind as 'gtc' };
}

/** A valid body of a request, made in the world that it is sent to. */
type Valid = { path: string; body: (world: MatcherWorld) => unknown };

const commandBody = (make: (world: MatcherWorld) => Parameters<typeof commandJson>[0]): Valid => ({
  path: '/commands',
  body: (world) => ({ commands: [commandJson(make(world))] }),
});

const operation = (rest: object): Valid => ({
  path: '/operations',
  body: () => ({ commandId: freshOperatorsId(), by: 'someone', why: 'a reason', ...rest }),
});

const trader = fc.constantFrom(...traders);
const valid: fc.Arbitrary<Valid> = fc.oneof(
  trader.map((who) => commandBody((world) => world.cancel(who, world.order(who).digest))),
  fc
    .tuple(trader, fc.integer({ min: 0, max: 3 }))
    .map(([who, lots]) => commandBody((world) => world.amend(who, newestOf(world), lots))),
  trader.map((who) => commandBody((world) => world.cancelAll(who, { market: 'ETH-USDC' }))),
  trader.map((who) => commandBody((world) => world.cancelAllAfter(who, 1_000))),
  fc
    .constantFrom('pre_open', 'open', 'auction', 'cancel_only', 'halted', 'closed')
    .map((state) => operation({ type: 'set_market_state', market: 'ETH-USDC', state })),
  fc
    .record({ bandBps: fc.nat(10_000), takerFeeBps: fc.nat(50) })
    .map((terms) =>
      operation({ type: 'list_market', market: { ...plainMarket, ...terms }, base, quote }),
    ),
  fc
    .record({ tier: fc.integer({ min: 1, max: 3 }), takerFeeBps: fc.nat(20) })
    .map((terms) => operation({ type: 'define_fee_tier', makerFeeBps: 0, ...terms })),
  trader.map((who) => operation({ type: 'assign_fee_tier', account: address(who), tier: 1 })),
  trader.map((who) => ({
    path: '/credit/demand',
    body: () => ({ account: address(who), asset: 'USDC' }),
  })),
);

/** The newest order that the journal says was taken. */
function newestOf(world: MatcherWorld): string {
  const outcomes = world.journal.frames(groupId).flatMap((frame) => frame.outcomes);
  return (
    outcomes.findLast(
      ({ command, events }) => command.type === 'place' && events[0]?.type === 'accepted',
    )?.command.commandId ?? ''
  );
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, '', '0x', -1, 0, 0.5, 1e308, 2 ** 53, '-1', '1e3', [], {}, true),
  fc.constantFrom('٣', '\u0000', '\ud800', 'x'.repeat(5_000), '9'.repeat(90), '__proto__', 'limit'),
  fc.jsonValue(),
);

/** One thing in a body that is not as it should be: a value, a key that is gone, or one too many. */
type Mutation = { at: number; how: 'replaced' | 'removed' | 'added'; value: unknown };
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(60),
  how: fc.constantFrom('replaced', 'removed', 'added'),
  value: odd,
});

function mutate(body: unknown, { at, how, value }: Mutation): unknown {
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, below] of Object.entries(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk(below);
    }
  };
  walk(body);
  const [node, key] = places[at % places.length] ?? [];
  if (!node || key === undefined) return value;
  if (how === 'added') node['more'] = value;
  else if (how === 'removed') delete node[key];
  else node[key] = value;
  return body;
}

type Sent = { method: string; path: string; body: (world: MatcherWorld) => string | Uint8Array };

/** Bytes of orders, some of them changed, cut off or one too many. */
const orderBytes = fc
  .record({
    orders: fc.array(fc.tuple(trader, wanted), { minLength: 1, maxLength: 3 }),
    changes: fc.array(fc.record({ at: fc.nat(900), to: fc.nat(255) }), { maxLength: 2 }),
    more: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -40, max: 3 })),
  })
  .map(({ orders, changes, more }) => (world: MatcherWorld) => {
    const made = encodeOrderRequest(orders.map(([who, wish]) => world.order(who, wish)));
    const bytes = Buffer.alloc(Math.max(0, made.length + more));
    bytes.set(made.subarray(0, bytes.length));
    for (const { at, to } of changes) bytes[at % bytes.length] = to;
    return bytes;
  });

const sent: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(valid, fc.array(mutation, { maxLength: 2 }))
      .map(([{ path, body }, mutations]) => ({
        ...{ method: 'POST', path },
        // What is changed belongs to this request alone.
        body: (world: MatcherWorld) =>
          JSON.stringify(mutations.reduce(mutate, structuredClone(body(world)))) ?? '',
      })),
  },
  {
    weight: 3,
    arbitrary: orderBytes.map((body) => ({ method: 'POST', path: '/orders', body })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('/orders', '/commands', '/operations', '/credit/demand'),
        fc.oneof(fc.json(), fc.string({ unit: 'binary' })),
      )
      .map(([path, text]) => ({ method: 'POST', path, body: () => text })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('GET', 'POST', 'PUT', ''),
        fc.oneof(fc.webPath(), fc.string(), fc.constantFrom('/depth?market=ETH-USDC&levels=1e9')),
      )
      .map(([method, path]) => ({ method, path, body: () => '' })),
  },
);

function expectStable(reply: Reply): void {
  const { status } = reply;
  expect([200, 400, 404, 413, 503]).toContain(status);
  if (!('json' in reply)) {
    expect(status).toBe(200);
    return;
  }
  const body: unknown = JSON.parse(reply.json);
  if (status !== 200) {
    expect(codes).toContain((body as { code?: string }).code);
    return;
  }
  const { results = [], result } = body as { results?: CommandResult[]; result?: CommandResult };
  for (const each of result ? [...results, result] : results) {
    if (each.status === 'refused') expect(codes).toContain(each.code);
    else expect(each.status).toBe('accepted');
  }
}

test('whatever is sent, the matcher answers with a code of the list and its state changes only with an event', async () => {
  let runs = 0;
  let here: Place | undefined;
  await fc.assert(
    fc.asyncProperty(sent, async ({ method, path, body }) => {
      if (!here || runs % runsPerWorld === 0) here = await place();
      runs += 1;
      const { world, running } = here;
      const { engine } = running.leader;
      const before = { sequence: engine.sequence, hash: engine.stateHash() };
      const door = { groupId, leader: () => running.leader, isAlive: () => true };
      const asked = { method, path, body: Buffer.from(body(world)) };
      const reply = await world.time.until(askDoor(asked, door)).catch((cause) => {
        throw new Error(`${method} ${path} ${asked.body}`, { cause });
      });
      expectStable(reply);
      if (reply.status !== 200) expect(engine.sequence).toBe(before.sequence);
      if (engine.sequence === before.sequence) expect(engine.stateHash()).toBe(before.hash);
      expect(running.doubts).toEqual([]);
      engine.validate();
    }),
    { numRuns, seed, endOnFailure: true },
  );
}, 120_000);
