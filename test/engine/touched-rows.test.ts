/** What commands touched is told later as it was then, whatever became of the rows that had it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type {
  EngineCredit,
  EngineOrder,
  LeadingEngine,
  Touched,
} from '../../containers/matcher/engine/engine.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { crowdedStory, quietStory, type Story } from './random-story.ts';
import { type Announcing, announcing, type Told, tellRaw, toldIn } from './raw-story.ts';
import { address, TradingFloor } from './trading-floor.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 100);
const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);
const timeout = 120_000 + runs * 200;

/** What events say was touched, as the engine shows it now. */
class TouchedByEvents {
  readonly #digests = new Set<string>();
  readonly #accounts = new Set<string>();

  hear(command: Command, events: EngineEvent[]): void {
    if (command.type === 'place' && events[0]?.type === 'accepted')
      this.#note(command.commandId, command.account);
    for (const event of events) {
      if (event.type === 'trade') {
        this.#note(event.makerDigest, event.makerAccount);
        this.#note(event.takerDigest, event.takerAccount);
      } else if (event.type === 'order_done') this.#accounts.add(event.account);
      else if (event.type === 'order_amended') this.#note(event.digest, event.account);
      else if (event.type === 'order_triggered') this.#digests.add(event.digest);
      else if (event.type === 'credit_granted') this.#accounts.add(event.account);
      else if (event.type === 'credit_returned') this.#accounts.add(event.account);
    }
  }

  #note(digest: string, account: string): void {
    this.#digests.add(digest);
    this.#accounts.add(account);
  }

  shown(engine: LeadingEngine) {
    const accounts = [...this.#accounts].sort();
    const orders = [...this.#digests]
      .flatMap((digest) => engine.order(digest) ?? [])
      .filter(({ status }) => status === 'open' || status === 'untriggered');
    const credits = accounts.flatMap((account) => engine.creditOf(account));
    this.#digests.clear();
    this.#accounts.clear();
    return sorted({ accounts, orders, credits: credits.map(unitsOf) });
  }
}

type Shown = { accounts: string[]; orders: EngineOrder[]; credits: ReturnType<typeof unitsOf>[] };

const unitsOf = ({
  account,
  asset,
  freeUnits,
  heldUnits,
}: Pick<EngineCredit, 'account' | 'asset' | 'freeUnits' | 'heldUnits'>) => ({
  ...{ account, asset, freeUnits, heldUnits },
});

const byText = (one: string, other: string) => (one < other ? -1 : 1);
const sorted = ({ accounts, orders, credits }: Shown): Shown => ({
  accounts: accounts.toSorted(byText),
  orders: orders.toSorted((one, other) => byText(one.digest, other.digest)),
  credits: credits.toSorted((one, other) =>
    byText(`${one.account} ${one.asset}`, `${other.account} ${other.asset}`),
  ),
});

function shownBy(touched: Touched, isWanted: (account: string) => boolean): Shown {
  const accounts = touched.accounts();
  const [orders, credits] = [touched.orders(isWanted), touched.credits(isWanted)];
  return sorted({ accounts, orders, credits });
}

const ofOne = ({ orders, credits, accounts }: Shown, isWanted: (account: string) => boolean) => ({
  accounts,
  orders: orders.filter(({ account }) => isWanted(account)),
  credits: credits.filter(({ account }) => isWanted(account)),
});

/** Takes what was touched now and then, and looks at it only when the whole story is over. */
function touchedLate(told: Told[], how: Announcing): void {
  const byEvents = new TouchedByEvents();
  const taken: { touched: Touched; shown: Shown }[] = [];
  let commands = 0;
  tellRaw(told, how, (engine, { command, events }) => {
    byEvents.hear(command, events);
    commands += 1;
    if (commands % 7 === 0)
      taken.push({ touched: engine.takeTouched(), shown: byEvents.shown(engine) });
  });
  const isFirst = (account: string) => account === taken[0]?.shown.accounts[0];
  for (const { touched, shown } of taken) {
    expect(shownBy(touched, () => true)).toEqual(shown);
    expect(shownBy(touched, isFirst)).toEqual(ofOne(shown, isFirst));
    expect(touched.size).toBeGreaterThanOrEqual(shown.orders.length + shown.credits.length);
  }
}

test(`what was touched is told later as it was, in ${runs} stories from seed ${seed}`, {
  timeout,
}, () => {
  fc.assert(
    fc.property(quietStory, announcing, (story, how) => touchedLate(toldIn(story), how)),
    { seed, numRuns: runs },
  );
});

test('of a crowd too', { timeout }, () => {
  const story = fc.sample(crowdedStory, { seed, numRuns: 1 })[0] as Story;
  touchedLate(toldIn(story), { groups: [16], strangers: false, fitsAnew: false });
});

test('an order that was set off is touched, though its owner has what he had', () => {
  const engine = createEngine();
  const floor = new TradingFloor(engine);
  const [alice, bob, cat] = [address('alice'), address('bob'), address('cat')];
  for (const account of [alice, bob, cat]) {
    floor.grant(account, 'USDC', 1_000_000);
    floor.grant(account, 'ETH', 1_000);
  }
  floor.place({ account: alice, limitTicks: 100 });
  floor.place({ account: bob, side: 'sell', limitTicks: 100 });
  floor.place({
    account: cat,
    ...{ orderType: 'stop_limit', triggerTicks: 105, limitTicks: 104 },
  });
  floor.place({ account: alice, side: 'sell', limitTicks: 105 });
  expect(engine.takeTouched().orders(() => true)).toMatchObject([
    { account: cat, status: 'untriggered' },
    { account: alice, status: 'open' },
  ]);
  floor.place({ account: bob, limitTicks: 105 });
  const touched = engine.takeTouched();
  expect(touched.orders(() => true)).toMatchObject([{ account: cat, status: 'open' }]);
  expect(touched.accounts()).toEqual([bob, alice]);
});

test('what a replay touched is nobody to be told', () => {
  const story = fc.sample(quietStory, { seed, numRuns: 1 })[0] as Story;
  const engine = createEngine();
  for (const { command } of toldIn(story)) engine.apply(command, () => {});
  engine.forgetLevelChanges();
  const touched = engine.takeTouched();
  expect(touched.size).toBe(0);
  expect(touched.accounts()).toEqual([]);
});
