/** Two engines that are told the same and must say the same: every event, every hash, every view. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { drive } from '../../containers/matcher/engine/drive.ts';
import type { Engine, EngineCredit } from '../../containers/matcher/engine/engine.ts';
import { restoreNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import type { SnapshotRecord } from '../../containers/matcher/engine/snapshot-record.ts';
import { DepthMirror } from './depth-mirror.ts';
import type { Crowd, Place, Scale, Story, Sweep } from './random-story.ts';
import { marketIds, traders } from './random-story.ts';
import { fundsAt } from './story-scale.ts';
import { StoryTeller } from './story-teller.ts';

/** How an engine comes to be: empty, or from the records of another, whichever of the two wrote them. */
export type Maker = {
  create: () => Engine;
  restore: (records: SnapshotRecord[]) => Engine;
};

/** Hears every command that was applied, with its events. */
export type Listener = (command: Command, events: EngineEvent[]) => void;

export class Twins {
  #engine: Engine;
  #naive: Engine;
  #teller: StoryTeller;
  readonly #maker: Maker;
  readonly #listen: Listener;
  readonly #mirrors: { engine: DepthMirror; naive: DepthMirror };
  #driven = 0;
  #compared = 0;
  #restores: number[] = [];

  constructor(maker: Maker, naive: Engine, listen: Listener = () => {}) {
    this.#maker = maker;
    this.#engine = maker.create();
    this.#naive = naive;
    this.#listen = listen;
    this.#teller = new StoryTeller(this.#newest(), 'near');
    this.#mirrors = { engine: new DepthMirror(), naive: new DepthMirror() };
  }

  /** The naive engine of this moment, for those who keep hold of one: a restored one takes its place. */
  #newest(): Pick<
    Engine,
    'isUnfinished' | 'nowMs' | 'nextDueMs' | 'order' | 'ordersOf' | 'market' | 'save'
  > {
    const newest = () => this.#naive;
    return {
      get isUnfinished() {
        return newest().isUnfinished;
      },
      get nowMs() {
        return newest().nowMs;
      },
      nextDueMs: () => newest().nextDueMs(),
      order: (digest) => newest().order(digest),
      ordersOf: (account) => newest().ordersOf(account),
      market: (marketId) => newest().market(marketId),
      save: (write) => newest().save(write),
    };
  }

  /** Lives a story through and compares after every deed. */
  live({ scale, terms, opening, crowds, sweeps, deeds, restores }: Story): void {
    this.#restores = restores;
    this.#teller = new StoryTeller(this.#newest(), scale);
    this.#begin(scale, terms);
    for (const { awayTicks, ...order } of opening) {
      const limitTicks = 100 + (order.side === 'buy' ? -awayTicks : awayTicks);
      const livesMs = 400_000;
      this.#tell(this.#teller.placing({ ...plainPlacing, ...order, limitTicks, livesMs }));
    }
    for (const each of crowds) this.#gather(each);
    for (const each of sweeps) this.#sweep(each);
    for (const { deed, laterMs } of deeds) {
      this.#teller.nowMs += laterMs;
      this.#tell(this.#teller.commandOf(deed));
      this.compare();
    }
  }

  #begin(scale: Scale, terms: Story['terms']): void {
    const rates = { makerFeeBps: 20, takerFeeBps: 50 };
    const least = { minSizeLots: 2, minNotionalUnits: 150 };
    for (const [index, marketId] of marketIds.entries()) {
      const changes = { ...least, ...rates, ...(index === 0 ? terms : {}) };
      this.#tell(this.#teller.listing({ marketId, changes, baseDecimals: 0, quoteDecimals: 0 }));
    }
    for (const account of traders) {
      for (const asset of ['ETH', 'BTC', 'USDC']) {
        const units = fundsAt(scale, asset);
        this.#tell(this.#teller.grant({ account, asset, units, again: false }));
      }
    }
  }

  #fund(account: string): void {
    for (const asset of ['ETH', 'USDC']) {
      this.#tell(this.#teller.grant({ account, asset, units: 1_000_000, again: false }));
    }
  }

  /** Lets many small orders of one account rest or wait, in a market that holds few others. */
  #gather({ account, side, kind, state, orders, prices, livesMs, delegation }: Crowd): void {
    this.#fund(account);
    if (state === 'auction') this.#tell(this.#teller.settingState('ETH-USDC', state));
    const outwards = side === 'buy' ? -1 : 1;
    for (let count = 0; count < orders; count += 1) {
      const away = outwards * (1 + (count % prices));
      const placing: Place = {
        ...plainPlacing,
        account,
        side,
        // In an auction they reach across the middle, so that two crowds meet.
        limitTicks: 100 + (state === 'auction' ? -away : away),
        livesMs: livesMs[count % livesMs.length] ?? 0,
        delegation,
      };
      const iceberg = { ...placing, sizeLots: 6, displayLots: 2 };
      const stop: Place = {
        ...placing,
        kind: { orderType: 'stop_limit', timeInForce: 'gtc' },
        limitTicks: side === 'buy' ? 105 : 95,
        triggerTicks: 100 - away,
      };
      const of = { plain: placing, iceberg, stop };
      this.#tell(this.#teller.placing(of[kind]));
    }
    this.compare();
  }

  #sweep(deed: Sweep): void {
    switch (deed.type) {
      case 'order':
        this.#sweepWith(deed);
        break;
      case 'state':
        this.#tell(this.#teller.settingState('ETH-USDC', deed.state));
        break;
      case 'cancel_all':
        this.#tell(this.#teller.commandOf(deed));
        break;
      case 'switch':
        this.#tell(this.#teller.commandOf({ ...deed, type: 'cancel_all_after', afterMs: 10 }));
        this.#teller.nowMs += 10;
        this.#tell(this.#teller.commandOf({ type: 'tick' }));
        break;
      case 'wait':
        this.#teller.nowMs += deed.laterMs;
        this.#tell(this.#teller.commandOf({ type: 'tick' }));
    }
    this.compare();
  }

  #sweepWith(deed: Extract<Sweep, { type: 'order' }>): void {
    const { account, kind, sizeLots, selfTrade, laterMs } = deed;
    this.#fund(account);
    this.#teller.nowMs += laterMs;
    for (const side of ['buy', 'sell'] as const) {
      const isByMoney = kind === 'money' && side === 'buy';
      const isMarket = kind === 'market' || kind === 'money';
      this.#tell(
        this.#teller.placing({
          ...plainPlacing,
          account,
          side,
          kind: {
            orderType: isMarket ? 'market' : 'limit',
            timeInForce: kind === 'market' || kind === 'money' ? 'ioc' : kind,
          },
          selfTrade,
          byMoney: isByMoney ? 'where_allowed' : 'never',
          limitTicks: side === 'buy' ? 105 : 95,
          sizeLots,
          spendUnits: 100 * sizeLots,
          livesMs: 60_000,
        }),
      );
      this.compare();
    }
  }

  #tell(command: Command): void {
    if (command.type === 'place') this.#compareShortfall(command);
    drive(command, {
      engine: this.#newest(),
      apply: (each) => this.#apply(each),
      newCommandId: (type) => {
        this.#driven += 1;
        return `${type}-${this.#driven}`;
      },
    });
    this.#teller.told.push(command);
    if (command.type === 'place') this.#compareShortfall(command);
  }

  #apply(command: Command): void {
    const [events, naiveEvents] = [this.#engine, this.#naive].map((engine) => {
      const emitted: EngineEvent[] = [];
      engine.apply(command, (event) => emitted.push(event));
      return emitted;
    });
    same(events, naiveEvents, `events of ${command.type}`);
    for (const event of naiveEvents ?? []) this.#teller.hear(event);
    this.#listen(command, naiveEvents ?? []);
    this.#says('isUnfinished', (engine) => engine.isUnfinished);
    this.#says('nextDueMs', (engine) => engine.nextDueMs());
    // What is amid its work is compared where it stands: nobody sees it later.
    if (this.#naive.isUnfinished) this.compare();
  }

  #compareShortfall(command: PlaceOrder): void {
    this.#says('shortfall', (engine) => engine.shortfall(command));
  }

  #says(name: string, view: (engine: Engine) => unknown): void {
    same(view(this.#engine), view(this.#naive), name);
  }

  /** What hashes cover after every deed, the views in turns: they read nothing that the hashes do not. */
  compare(): void {
    this.#says('sequence', (engine) => engine.sequence);
    this.#says('nowMs', (engine) => engine.nowMs);
    this.#says('eventHash', (engine) => engine.eventHash());
    this.#says('stateHash', (engine) => engine.stateHash());
    this.#engine.validate();
    this.#naive.validate();
    this.#compareAccount(inTurn(traders, this.#compared));
    this.#compareMarket(inTurn(['ETH-USDC', 'ETH-USDC', ...marketIds, 'SOL-USDC'], this.#compared));
    this.#compareOld();
    this.#mirror();
    if (this.#restores.includes(this.#compared)) this.#restore();
    this.#compared += 1;
  }

  #compareMarket(marketId: string): void {
    this.#says('marketIds', (engine) => engine.marketIds().sort());
    this.#says('market', (engine) => engine.market(marketId));
    this.#says('marketStatus', (engine) => engine.marketStatus(marketId));
    for (const levels of [2, 99]) this.#says('depth', (engine) => engine.depth(marketId, levels));
    for (const account of traders) {
      this.#says('feesOf', (engine) => engine.feesOf(account, marketId));
    }
  }

  #compareAccount(account: string): void {
    this.#says('ordersOf', (engine) => engine.ordersOf(account));
    this.#says('creditOf', (engine) => engine.creditOf(account).filter(isUsed).sort(byLine));
    this.#says('switchOf', (engine) => engine.switchOf(account));
    this.#says('feeTierOf', (engine) => engine.feeTierOf(account));
  }

  /** All that was ever said takes long to ask for: now and then, and the newest each time. */
  #compareOld(): void {
    const { told } = this.#teller;
    const asksForAll = told.length % 8 === 0;
    for (const { commandId } of told.slice(asksForAll ? 0 : -4)) {
      this.#says('order', (engine) => engine.order(commandId));
      this.#says('firstResult', (engine) => engine.firstResult(commandId));
    }
    if (!asksForAll) return;
    this.#says('credits', (engine) => engine.credits().sort(byLine));
    this.#says('save', recordsOf);
  }

  /** Not after every command, so that changes of several come together. */
  #mirror(): void {
    if (this.#compared % 3 !== 0) return;
    this.#mirrors.engine.follow(this.#engine);
    this.#mirrors.naive.follow(this.#naive);
  }

  /** Each from what the other saved: the records are the same, and both go on from them. */
  #restore(): void {
    const [records, naiveRecords] = [recordsOf(this.#engine), recordsOf(this.#naive)];
    this.#engine = this.#maker.restore(naiveRecords);
    this.#naive = restoreNaiveEngine(records);
    const { engine, naive } = this.#mirrors;
    engine.begin(this.#engine);
    naive.begin(this.#naive);
    this.#says('save', recordsOf);
  }
}

const inTurn = (names: string[], count: number): string => names[count % names.length] ?? '';

/** A record is the caller's only until the next. */
function recordsOf(engine: Engine): SnapshotRecord[] {
  const records: SnapshotRecord[] = [];
  engine.save((record) => records.push(copyOf(record)));
  return records;
}

function copyOf(record: SnapshotRecord): SnapshotRecord {
  const isFlat = record.kind !== 'market' && record.kind !== 'work' && record.kind !== 'clock';
  return isFlat ? { ...record } : structuredClone(record);
}

/** A buy of two lots that nothing refuses. */
const plainPlacing: Place = {
  account: '',
  marketId: 'ETH-USDC',
  side: 'buy',
  kind: { orderType: 'limit', timeInForce: 'gtc' },
  fitsState: true,
  selfTrade: 'expire_taker',
  postOnly: false,
  limitTicks: 100,
  triggerTicks: 100,
  sizeLots: 2,
  displayLots: 0,
  spendUnits: 0,
  byMoney: 'never',
  clientOrderId: undefined,
  replaces: undefined,
  signedMs: 0,
  livesMs: 1_000,
  maxFeeBps: 60,
  misfit: undefined,
  delegation: undefined,
  reuses: undefined,
};

/** A line that was never used may be there or not. */
const isUsed = ({ account: _, asset: __, ...numbers }: EngineCredit) =>
  Object.values(numbers).some((each) => each !== 0);

const byText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
const byLine = (one: EngineCredit, other: EngineCredit) =>
  byText(`${one.account} ${one.asset}`, `${other.account} ${other.asset}`);

/** The quick comparison first: the readable one is slow. */
function same(engine: unknown, naive: unknown, name: string): void {
  if (!isDeepStrictEqual(engine, naive)) expect(engine, name).toEqual(naive);
}
