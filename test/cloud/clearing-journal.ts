/** A journal written by hand for the tests of its consumers: records as Kinesis would hold them, chain and numbers right. */

import type { JournalRecord } from '#cloud/journal-run.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent, OrderDone, Outcome, Trade } from '#domain/event.ts';
import {
  chainAfter,
  encodeEpoch,
  encodeFrame,
  type Frame,
  genesisHash,
} from '#wire/journal-frame.ts';

type Bare<T> = T extends EngineEvent ? Omit<T, 'sequence'> : never;
/** An event before the journal numbers it. */
export type BareEvent = Bare<EngineEvent>;

export const account = (index: number): string => `0x${(index + 1).toString(16).padStart(40, '0')}`;
export const digest = (index: number): string => `0x${(index + 1).toString(16).padStart(64, '0')}`;

export const dayMs = 86_400_000;
export const startMs = 20_000 * dayMs;

export class HandWrittenJournal {
  readonly groupId: string;
  readonly records: JournalRecord[] = [];
  readonly frames: Omit<Frame, 'kind'>[] = [];
  #epoch = 0;
  #frame = 0;
  #sequence = 0;
  #clock = 0;
  #chain = genesisHash;
  #shard = 0;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  /** A new leader begins. */
  epoch(): void {
    this.#epoch += 1;
    const nonce = `0x${this.#epoch.toString(16).padStart(32, '0')}`;
    const data = encodeEpoch({ groupId: this.groupId, epoch: this.#epoch, nonce });
    this.#chain = chainAfter(this.#chain, data);
    this.#push(data);
  }

  /** The next frame of the newest leader; each event becomes the outcome of a tick. */
  frame(events: BareEvent[], atMs = startMs): Omit<Frame, 'kind'> {
    return this.#close(this.#next(events, atMs));
  }

  #close(frame: Omit<Frame, 'kind'>): Omit<Frame, 'kind'> {
    const data = encodeFrame(frame);
    this.#chain = chainAfter(this.#chain, data);
    this.#frame = frame.frame;
    this.#sequence = frame.lastSequence;
    this.#clock = frame.clock;
    this.frames.push(frame);
    this.#push(data);
    return frame;
  }

  /** The same with commands of the caller's. */
  frameOf(given: { command: Command; events: BareEvent[] }[], atMs = startMs): Omit<Frame, 'kind'> {
    const frame = this.#next(
      given.flatMap(({ events }) => events),
      atMs,
    );
    const numbered = frame.outcomes.flatMap(({ events }) => events);
    const outcomes = given.map(({ command, events }) => ({
      command,
      // An answer to a command names it.
      events: numbered
        .splice(0, events.length)
        .map((event) =>
          'commandId' in event ? { ...event, commandId: command.commandId } : event,
        ),
    }));
    return this.#close({ ...frame, outcomes });
  }

  /** What a leader that was replaced still put: a frame that continues the journal as it stood before `takeOver`. */
  zombieAfter(takeOver: () => void, events: BareEvent[], atMs = startMs): void {
    const data = encodeFrame(this.#next(events, atMs));
    takeOver();
    this.#push(data);
  }

  /** The newest record once more: a put whose answer was lost. */
  repeat(): void {
    const newest = this.records.at(-1);
    if (newest) this.#push(newest.data);
  }

  #next(events: BareEvent[], atMs: number): Omit<Frame, 'kind'> {
    const outcomes = events.map((event, index): Outcome<Command> => {
      const commandId = `tick-${this.#frame + 1}-${index}`;
      const answers = 'commandId' in event ? { commandId } : {};
      const did = { ...event, ...answers, sequence: this.#sequence + 1 + index } as EngineEvent;
      return { command: { type: 'tick', commandId, nowMs: atMs }, events: [did] };
    });
    return {
      groupId: this.groupId,
      epoch: this.#epoch,
      frame: this.#frame + 1,
      firstSequence: this.#sequence + 1,
      lastSequence: this.#sequence + events.length,
      clock: this.#clock + 1,
      atMs,
      rulesVersion: 1,
      previousHash: this.#chain,
      eventHash: '0'.repeat(16),
      outcomes,
    };
  }

  #push(data: Uint8Array): void {
    this.#shard += 1;
    // 56 digits, as Kinesis gives them.
    this.records.push({ data, shardSequence: `4${String(this.#shard).padStart(55, '0')}` });
  }
}

export function trade(of: {
  maker: number;
  taker: number;
  takerSide: 'buy' | 'sell';
  baseUnits: number;
  quoteUnits: number;
  marketId?: string;
  priceTicks?: number;
  atMs?: number;
  makerFeeUnits?: number;
  takerFeeUnits?: number;
}): Omit<Trade, 'sequence'> {
  return {
    type: 'trade',
    marketId: of.marketId ?? 'ETH-USDC',
    atMs: of.atMs ?? startMs,
    priceTicks: of.priceTicks ?? 100,
    sizeLots: of.baseUnits,
    baseUnits: of.baseUnits,
    quoteUnits: of.quoteUnits,
    takerSide: of.takerSide,
    makerDigest: digest(of.maker),
    takerDigest: digest(of.taker),
    makerAccount: account(of.maker),
    takerAccount: account(of.taker),
    makerFeeUnits: of.makerFeeUnits ?? 0,
    takerFeeUnits: of.takerFeeUnits ?? 0,
  };
}

export function orderDone(of: {
  owner: number;
  digest: string;
  atMs?: number;
}): Omit<OrderDone, 'sequence'> {
  return {
    type: 'order_done',
    digest: of.digest,
    account: account(of.owner),
    marketId: 'ETH-USDC',
    side: 'buy',
    orderType: 'limit',
    timeInForce: 'gtc',
    postOnly: false,
    selfTrade: 'expire_taker',
    limitTicks: 100,
    triggerTicks: 0,
    sizeLots: 5,
    displayLots: 0,
    spendUnits: 0,
    filledLots: 5,
    filledQuoteUnits: 500,
    feeUnits: 1,
    reason: 'filled',
    createdAtMs: startMs - 10,
    expiresAtMs: startMs + dayMs,
    atMs: of.atMs ?? startMs,
    clientOrderId: 'mine',
  };
}

/** Numbers from a seed, so that a run that failed can be run again. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
