/** Everything that one simulated pair group stands in: time, stream, tables, processes, and all that left them. */
import type { Watermark } from '#wire/accept-record.ts';
import type { AccountView, CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { base, plainMarket, quote } from '../engine/trading-floor.ts';
import type { PlantedFault } from './planted.ts';
import { SimulatedBucket } from './simulated-bucket.ts';
import { SimulatedStream } from './simulated-stream.ts';
import { SimulatedTable } from './simulated-table.ts';
import { Surroundings } from './surroundings.ts';

export const leaseMs = 3_000;
export const { groupId } = plainMarket;
export const tables = { lease: 'lease', ledger: 'ledger', history: 'history' };

/** With a rebate, and with halts and auctions that begin and end by themselves. */
export const market = {
  ...{ ...plainMarket, makerFeeBps: -20, takerFeeBps: 50 },
  ...{ haltBps: 300, haltWindowMs: 5_000, haltMs: 1_500, auctionMs: 1_500, auctionBandBps: 1_000 },
};
export const listed = { market, base, quote };
export const traders = ['alice', 'bob', 'carol'];
export const funds = { USDC: 50_000n, ETH: 500n };

export type AnyRequest = CommandRequest | OperatorRequest;

/** What left a matcher, by whom, and how many records the journal had by then. */
export type Left = { process: string; epoch: number; records: number } & (
  | { type: 'answer'; request: AnyRequest; result: CommandResult }
  | { type: 'account'; view: AccountView }
  | { type: 'trade'; tradeId: string }
  /** Of a leader or of a standby. */
  | { type: 'state'; sequence: number; stateHash: string }
);

/** The ledger's frozen side where settlement stood at some moment. */
export type Seen = { watermark: Watermark; frozen: Map<string, bigint> };

export class SimulatedWorld extends Surroundings {
  readonly stream: SimulatedStream;
  readonly bucket = new SimulatedBucket();
  readonly leaseTable = new SimulatedTable();
  readonly left: Left[] = [];
  readonly seen: Seen[] = [];
  readonly planted: PlantedFault | undefined;

  constructor(random: (below: number) => number, planted?: PlantedFault) {
    super(random);
    this.planted = planted;
    this.stream = new SimulatedStream(this.time, random, (what) => this.note(what));
    if (planted === 'answers-early') this.stream.answersEarlyMs = 300;
    this.table.ignoresConditions = planted === 'ledger-unconditional';
    this.leaseTable.ignoresConditions = planted === 'lease-unconditional';
  }

  leaves(left: Left): void {
    this.left.push(left);
    this.note(JSON.stringify(left, (_, value) => (typeof value === 'bigint' ? `${value}` : value)));
  }
}
