/** Everything that one simulated pair group stands in: time, stream, tables, processes, and all that left them. */
import { createHash } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Watermark } from '#wire/accept-record.ts';
import type { AccountView, CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { base, plainMarket, quote } from '../engine/trading-floor.ts';
import { VirtualTime } from '../matcher/virtual-time.ts';
import type { PlantedFault } from './planted.ts';
import { SimulatedBucket } from './simulated-bucket.ts';
import { SimulatedProcess, type Weather } from './simulated-process.ts';
import { SimulatedStream } from './simulated-stream.ts';
import { isTokened, SimulatedTable, throttled } from './simulated-table.ts';

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

export class SimulatedWorld {
  readonly time = new VirtualTime();
  readonly stream: SimulatedStream;
  readonly bucket = new SimulatedBucket();
  readonly table = new SimulatedTable();
  readonly leaseTable = new SimulatedTable();
  readonly weather: Weather = { faultsPerHundred: 0, deathsPerTenThousand: 0, latencyMs: 5 };
  readonly left: Left[] = [];
  readonly seen: Seen[] = [];
  /** What no surroundings excuse. */
  readonly bugs: string[] = [];
  readonly random: (below: number) => number;
  readonly planted: PlantedFault | undefined;
  #told: string[] = [];

  constructor(random: (below: number) => number, planted?: PlantedFault) {
    this.random = random;
    this.planted = planted;
    this.stream = new SimulatedStream(this.time, random, (what) => this.note(what));
    if (planted === 'answers-early') this.stream.answersEarlyMs = 300;
    this.table.ignoresConditions = planted === 'ledger-unconditional';
    this.leaseTable.ignoresConditions = planted === 'lease-unconditional';
  }

  /** Adds what happened to the run's hash: the same seed must give the same one. */
  note(what: string): void {
    this.#told.push(`${this.time.clock.monotonicMs()} ${what}`);
  }

  hash(): string {
    return createHash('sha256').update(this.#told.join('\n')).digest('hex').slice(0, 16);
  }

  process(name: string, clocks: { skewMs?: number; rate?: number } = {}): SimulatedProcess {
    const { time, random, weather } = this;
    const note = (what: string) => this.note(what);
    return new SimulatedProcess({ name, time, random, weather, note, ...clocks });
  }

  /** The tables as a process reaches them. */
  client(process: SimulatedProcess, table = this.table): DynamoDBDocumentClient {
    const send = (command: unknown) =>
      process.call({
        to: 'table',
        run: () => table.run(command),
        throttled: () => throttled(command),
        isTokened: isTokened(command),
      });
    return { send } as unknown as DynamoDBDocumentClient;
  }

  /** The tables as an auditor reaches them: nothing goes wrong. */
  calmClient(): DynamoDBDocumentClient {
    const send = async (command: unknown) => this.table.run(command);
    return { send } as unknown as DynamoDBDocumentClient;
  }

  leaves(left: Left): void {
    this.left.push(left);
    this.note(JSON.stringify(left, (_, value) => (typeof value === 'bigint' ? `${value}` : value)));
  }

  bug(what: string): void {
    this.bugs.push(what);
    this.note(what);
  }
}
