/**
 * A pair group of the ledger's simulation: the naive engine and its journal, without the processes that the journal's own
 * simulation is about. Its leaders die too: what was not in the journal then is lost, grants among it.
 */
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { PendingGrant } from '#cloud/ledger-store.ts';
import type { Asset } from '#domain/asset.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent, Outcome } from '#domain/event.ts';
import type { Market } from '#domain/market.ts';
import { startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { chainAfter, encodeEpoch, encodeFrame, type Frame } from '#wire/journal-frame.ts';
import { drive } from '../../containers/matcher/engine/drive.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { digest, ordered } from '../engine/trading-floor.ts';
import { marketsOf } from './ledger-world.ts';
import { SimulatedStream } from './simulated-stream.ts';
import type { Surroundings } from './surroundings.ts';

type Markets = readonly { market: Market; base: Asset; quote: Asset }[];

/** Free and held together, by `account#asset`. */
type Held = Map<string, bigint>;
type Placing = Pick<PlaceOrder, 'account' | 'marketId' | 'side' | 'timeInForce' | 'selfTrade'> & {
  limitTicks: number;
  sizeLots: number;
};

export class TradingGroup {
  readonly groupId: string;
  readonly stream: SimulatedStream;
  readonly frames: Frame[] = [];
  /** The records that count, with the watermark behind each. */
  readonly accepted: { record: JournalRecord; to: Watermark }[] = [];
  /** What the engine held of everybody at the end of each frame, by the frame's last sequence number. */
  readonly held = new Map<number, Held>([[0, new Map()]]);
  engine: Engine;
  #world: Surroundings;
  #tip: Watermark = startOfJournal;
  #open: Outcome<Command>[] = [];
  #isClosing = false;
  #orders = 0;
  #ids = 0;

  constructor(world: Surroundings, groupId: string, markets: Markets = marketsOf(groupId)) {
    this.#world = world;
    this.groupId = groupId;
    this.stream = new SimulatedStream(world.time, world.random, (what) => world.note(what));
    this.engine = createNaiveEngine({ groupId });
    this.#lead();
    for (const { market, base, quote } of markets)
      this.apply({ type: 'list_market', ...this.#next(), market, base, quote, ...ordered });
    this.close();
  }

  get records(): readonly JournalRecord[] {
    return this.stream.records;
  }

  /** The newest accepted record. */
  get tip(): Watermark {
    return this.#tip;
  }

  /** Drives a command; its frame closes a moment later. */
  apply(command: Command): EngineEvent[] {
    let answer: EngineEvent[] = [];
    drive(command, {
      engine: this.engine,
      newCommandId: (type) => `${type}:${++this.#ids}`,
      apply: (each) => {
        const events: EngineEvent[] = [];
        this.engine.apply(each, (event) => events.push(event));
        this.#open.push({ command: each, events });
        answer = each === command ? events : answer.concat(events);
      },
    });
    const { random, time } = this.#world;
    if (!this.#isClosing) time.timers.after(random(150), () => this.close());
    this.#isClosing = true;
    return answer;
  }

  /** Submits a grant, however often: the engine takes each number once. */
  grant({ account, asset, grantNumber, units, clock }: PendingGrant): void {
    const commandId = `grant:${account}:${asset}:${grantNumber}:${++this.#ids}`;
    const grant = { account, asset, grantNumber, units: Number(units), clock };
    this.apply({ type: 'grant', ...this.#next(), commandId, ...grant });
  }

  knows({ account, asset, grantNumber }: PendingGrant): boolean {
    return (this.#line(account, asset)?.grantNumber ?? 0) >= grantNumber;
  }

  /** Gives back what is free. */
  giveBack(account: string, asset: string): void {
    const units = this.#line(account, asset)?.freeUnits ?? 0;
    if (units > 0) this.apply({ type: 'return', ...this.#next(), account, asset, units });
  }

  place(placing: Placing): EngineEvent[] {
    return this.apply(this.placing(placing));
  }

  placing({ limitTicks, sizeLots, ...placing }: Placing): PlaceOrder {
    this.#orders += 1;
    const { nowMs } = this.#next();
    const amounts = { limitTicks, sizeLots, spendUnits: 0, triggerTicks: 0, displayLots: 0 };
    const signed = {
      ...{ account: placing.account, signer: placing.account, side: 0 as const, cap: 0 as const },
      ...{ baseAsset: '0xaa', quoteAsset: '0xbb', baseAmount: 0n, quoteAmount: 0n },
      ...{ maxFeeBps: 1_000, createdAtMs: nowMs, expiresAtMs: nowMs + 86_400_000 },
      ...{ epoch: 0n, salt: 0n, terms: '' },
    };
    return {
      ...{ type: 'place', commandId: digest(this.#orders), nowMs, orderType: 'limit' },
      ...{ postOnly: false, cap: 'base', amounts, maxFeeBps: 1_000 },
      ...{ createdAtMs: nowMs, expiresAtMs: nowMs + 86_400_000 },
      ...{ signature: `0x${'00'.repeat(65)}`, signed, ...placing },
    };
  }

  cancelOne(account: string, which: number): void {
    const orders = this.engine.ordersOf(account);
    const order = orders[which % Math.max(1, orders.length)];
    if (order) this.apply({ type: 'cancel', ...this.#next(), account, digest: order.digest });
  }

  cancelOrder(account: string, which: string): void {
    this.apply({ type: 'cancel', ...this.#next(), account, digest: which });
  }

  cancelAll(account: string): void {
    this.apply({ type: 'cancel_all', ...this.#next(), account });
  }

  /** The leader dies with what is not in the journal; the last one's late put counts for nothing. */
  takeOver(): void {
    const late = this.#frame();
    this.#lead();
    if (this.#world.random(2)) this.stream.append(encodeFrame(late));
    this.#open = [];
    this.engine = createNaiveEngine({ groupId: this.groupId });
    for (const { outcomes } of this.frames)
      for (const { command } of outcomes) this.engine.apply(command, () => {});
    this.close();
  }

  /** What was done since the last frame becomes one. */
  close(): void {
    this.#isClosing = false;
    const frame = this.#frame();
    const data = encodeFrame(frame);
    this.#open = [];
    const held: Held = new Map();
    for (const { account, asset, freeUnits, heldUnits } of this.engine.credits())
      held.set(`${account}#${asset}`, BigInt(freeUnits + heldUnits));
    this.held.set(frame.lastSequence, held);
    this.frames.push({ kind: 'frame', ...frame });
    const { clock, lastSequence } = frame;
    this.#accept(data, { frame: frame.frame, clock, lastSequence });
    // A put whose answer was lost comes again.
    if (this.#world.random(12) === 0) this.stream.append(data);
  }

  #lead(): void {
    const epoch = this.#tip.epoch + 1;
    const nonce = `0x${epoch.toString(16).padStart(32, '0')}`;
    this.#accept(encodeEpoch({ groupId: this.groupId, epoch, nonce }), { epoch, nonce });
  }

  #frame(): Omit<Frame, 'kind'> {
    const { epoch, frame, lastSequence, clock, chain } = this.#tip;
    const outcomes = this.#open;
    const events = outcomes.flatMap((each) => each.events);
    const clocks = outcomes.map(({ command }) => (command.type === 'grant' ? command.clock : 0));
    return {
      ...{ groupId: this.groupId, epoch, frame: frame + 1, rulesVersion: 1, previousHash: chain },
      eventHash: this.engine.eventHash(),
      ...{ firstSequence: lastSequence + 1, lastSequence: lastSequence + events.length },
      clock: Math.max(clock, ...clocks) + 1,
      atMs: this.#world.nowMs(),
      outcomes,
    };
  }

  /** The journal goes on with a record that every reader accepts. */
  #accept(data: Uint8Array, to: Partial<Watermark>): void {
    this.stream.append(data);
    const record = this.records.at(-1) as JournalRecord;
    const { shardSequence } = record;
    this.#tip = { ...this.#tip, ...to, chain: chainAfter(this.#tip.chain, data), shardSequence };
    this.accepted.push({ record, to: this.#tip });
  }

  #next() {
    const nowMs = this.#world.nowMs();
    return { commandId: `0x${(++this.#ids).toString(16).padStart(64, '0')}`, nowMs };
  }

  #line(account: string, asset: string) {
    return this.engine.creditOf(account).find((line) => line.asset === asset);
  }
}
