/** A matcher for every pair group: the real engine, without journal and network. Says what was sent to it and can be taken down. */
import { strict } from 'node:assert';
import type { DirectoryEntry, MarketDirectory } from '#cloud/market-directory.ts';
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import { assert } from '#domain/assertion.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Market, MarketState } from '#domain/market.ts';
import type { RawOrder } from '#domain/raw-order.ts';
import type { CommandRequest, CommandResult, CommandsResponse } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { OrderAnswers, readOrderAnswers } from '#wire/order-answers.ts';
import { encodeOrderRequest, readOrderRequest } from '#wire/order-request.ts';
import { firstAnswer, repeatedAnswer } from '../../containers/matcher/answers.ts';
import { drive } from '../../containers/matcher/engine/drive.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createQueries, type Queries } from '../../containers/matcher/queries.ts';
import { requestCommand } from '../../containers/matcher/request-command.ts';
import { isNotOfKey, replacesAnother } from '../../containers/matcher/session-keys.ts';
import { placeCommand } from '../engine/place-command.ts';
import { demoGroups, demoMarkets } from './demo-catalog.ts';

export type EngineMatchers = ReturnType<typeof engineMatchers>;
type Pair = { engine: Engine; queries: Queries };
type TestClock = { nowMs(): number };

const operator = { by: 'a test', why: 'to see what follows' };

export function engineMatchers(clock: TestClock) {
  const pairs = new Map(demoGroups.map((groupId) => [groupId, listedPair(groupId, clock)]));
  const down = new Map<string, MatcherUnavailable['code']>();
  const sent: { groupId: string; command: CommandRequest }[] = [];
  const grants = new Map<string, number>();
  let commands = 0;
  const pairOf = (groupId: string): Pair => {
    const pair = pairs.get(groupId);
    assert(pair, `no group ${groupId}`);
    return pair;
  };
  const reach = (groupId: string): Pair => {
    const code = down.get(groupId);
    if (code) throw new MatcherUnavailable(code, 'taken down', 3_000);
    return pairOf(groupId);
  };
  const order = (groupId: string, command: Command) => {
    const [opening] = run(pairOf(groupId).engine, command);
    assert(opening?.type === 'accepted', `${command.type} was refused`);
  };
  const newId = (): string => `test:${++commands}`;
  const client: MatcherClient = {
    async send(groupId, requests) {
      for (const command of requests) sent.push({ groupId, command });
      const { engine } = reach(groupId);
      const results = requests.map((each) => take(engine, each, clock.nowMs()));
      return asAnswered(requests, results);
    },
    async depth(groupId, marketId, levels) {
      const depth = await reach(groupId).queries.depth(marketId, levels);
      assert(depth, `no market ${marketId}`);
      return depth;
    },
    account: async (groupId, account) => reach(groupId).queries.account(account),
    order: async (groupId, digest) => reach(groupId).queries.order(digest),
    health: async (groupId) => reach(groupId).queries.health(),
    tellHead: async (groupId) => void reach(groupId),
    async operate(groupId, request) {
      const { engine } = reach(groupId);
      return { epoch: 1, result: take(engine, request, clock.nowMs()) };
    },
    async demandCredit() {
      throw new Error('functions never demand credit');
    },
  };
  return {
    client,
    sent,
    directory: engineDirectory(() => [...pairs.values()].map(({ engine }) => engine)),
    stateHashes: () => [...pairs.values()].map(({ engine }) => engine.stateHash()),
    takeDown: (groupId: string, code: MatcherUnavailable['code']) => down.set(groupId, code),
    bringUp: (groupId: string) => down.delete(groupId),
    /** Brings what is due until now about, as a matcher's bell does. */
    ring(groupId: string) {
      order(groupId, { type: 'tick', commandId: newId(), nowMs: clock.nowMs() });
    },
    setState(marketId: string, state: MarketState) {
      const command = { type: 'set_market_state', commandId: newId(), marketId, state } as const;
      order(groupOf(marketId), { ...command, nowMs: clock.nowMs(), ...operator });
    },
    change(marketId: string, terms: Partial<Market>) {
      const listed = demoMarkets.get(marketId);
      assert(listed, `no market ${marketId}`);
      const { base, quote } = listed;
      const market = { ...listed.market, ...terms };
      const command = { type: 'list_market', commandId: newId(), market, base, quote } as const;
      order(groupOf(marketId), { ...command, nowMs: clock.nowMs(), ...operator });
    },
    /** Makes a tier with these rates, and puts the account into it. */
    giveTier(groupId: string, account: string, tier: number) {
      const nowMs = clock.nowMs();
      const tiers = { tier, makerFeeBps: 0, takerFeeBps: 1, nowMs, ...operator };
      order(groupId, { type: 'define_fee_tier', commandId: newId(), ...tiers });
      const assigned = { tier, account, nowMs, ...operator };
      order(groupId, { type: 'assign_fee_tier', commandId: newId(), ...assigned });
    },
    grant(groupId: string, account: string, asset: string, units: number) {
      const key = `${groupId}#${account}#${asset}`;
      const grantNumber = (grants.get(key) ?? 0) + 1;
      grants.set(key, grantNumber);
      const nowMs = clock.nowMs();
      const grant = { commandId: newId(), nowMs, account, asset, grantNumber, units, clock: 0 };
      order(groupId, { type: 'grant', ...grant });
    },
  };
}

const groupOf = (marketId: string): string => demoMarkets.get(marketId)?.market.groupId ?? '';

function listedPair(groupId: string, clock: TestClock): Pair {
  const engine = createEngine({ groupId });
  for (const { market, base, quote } of demoMarkets.values()) {
    if (market.groupId !== groupId) continue;
    const commandId = `list:${market.id}`;
    const listing = { type: 'list_market', commandId, market, base, quote, ...operator } as const;
    run(engine, { ...listing, nowMs: clock.nowMs() });
  }
  const journal = { frame: 1, whenDurable: (durable: () => void) => durable() };
  const options = { groupId, epoch: 1, engine, journal, clock: { monotonicMs: clock.nowMs } };
  return { engine, queries: createQueries(options) };
}

/** The directory of a history that follows the journal without delay. */
function engineDirectory(engines: () => Engine[]): MarketDirectory {
  const listed = async () =>
    new Map(
      engines().flatMap((engine) =>
        engine.marketIds().map((id): [string, DirectoryEntry] => {
          const listing = engine.market(id);
          assert(listing, `${id} is listed`);
          const { untilMs = 0 } = engine.marketStatus(id) ?? {};
          return [id, { ...listing, untilMs, sequence: engine.sequence }];
        }),
      ),
    );
  return {
    listed,
    find: async (id) => (await listed()).get(id),
    assets: async () => {
      const all = [...(await listed()).values()].flatMap(({ base, quote }) => [base, quote]);
      return [...new Map(all.map((asset) => [asset.id, asset])).values()];
    },
  };
}

/** The events of a command and of what had to come before and after it; its own come from the opening on. */
function run(engine: Engine, command: Command): EngineEvent[] {
  const events: EngineEvent[] = [];
  const apply = (each: Command) => {
    if (each === command) events.length = 0;
    engine.apply(each, (event) => events.push(event));
  };
  drive(command, { engine, apply, newCommandId: (type) => `${type}:${engine.sequence}` });
  return events;
}

/** What orders became passes as bytes, as a matcher answers it: nothing of it may be lost. */
function asAnswered(requests: CommandRequest[], results: CommandResult[]): CommandsResponse {
  const orders = requests.filter((each) => each.type === 'place');
  if (orders.length === 0) return { epoch: 1, results };
  const answers = new OrderAnswers(results.length);
  for (const [place, result] of results.entries()) answers.result(place, result);
  const answered = readOrderAnswers(answers.take(1), orders);
  strict.deepEqual(answered, { epoch: 1, results });
  return answered;
}

function rawOrder(request: Extract<CommandRequest, { type: 'place' }>): RawOrder {
  const [order] = readOrderRequest(encodeOrderRequest([request])) ?? [];
  assert(order, 'what was encoded does not read');
  return order;
}

/** One command, as the inlet takes it. */
function take(
  engine: Engine,
  request: CommandRequest | OperatorRequest,
  nowMs: number,
): CommandResult {
  const commandId = request.type === 'place' ? request.digest : request.commandId;
  const identity = 'digest' in request ? { commandId, digest: request.digest } : { commandId };
  const repeated = repeatedAnswer(identity, engine);
  if (repeated) return repeated;
  const command =
    request.type === 'place'
      ? placeCommand(request, engine, nowMs)
      : requestCommand(request, engine, nowMs);
  assert(command, 'an order was let through that no market takes');
  const isOfKey =
    request.type === 'place'
      ? !replacesAnother(rawOrder(request), engine)
      : !('digest' in request) || !isNotOfKey(request, engine);
  if (!isOfKey) return { status: 'refused', commandId, code: 'not_owner' };
  const events = run(engine, command);
  const result = firstAnswer(identity, events, engine);
  if (result.status === 'refused') return result;
  if (request.type === 'cancel_all')
    return { ...result, cancelled: events.filter(({ type }) => type === 'order_done').length };
  return request.type === 'cancel_all_after'
    ? { ...result, switchDueMs: engine.switchOf(request.account) }
    : result;
}
