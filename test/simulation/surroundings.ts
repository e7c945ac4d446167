/** What every simulation stands in: time, tables, processes that trouble can befall, and a hash of all that happened. */
import { createHash, type Hash } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { VirtualTime } from '../matcher/virtual-time.ts';
import { SimulatedProcess, type Weather } from './simulated-process.ts';
import { isTokened, SimulatedTable, throttled } from './simulated-table.ts';

export class Surroundings {
  readonly time: VirtualTime;
  readonly table = new SimulatedTable();
  readonly weather: Weather = { faultsPerHundred: 0, deathsPerTenThousand: 0, latencyMs: 5 };
  /** What no surroundings excuse. */
  readonly bugs: string[] = [];
  readonly random: (below: number) => number;
  /** Of all that was told: nothing keeps the texts. */
  #told: Hash = createHash('sha256');
  #isFirst = true;

  constructor(random: (below: number) => number, wallMs?: number) {
    this.random = random;
    this.time = new VirtualTime(wallMs);
  }

  /** The time of day, as a process without a clock of its own sees it. */
  nowMs(): number {
    return Math.floor(this.time.clock.nowMs());
  }

  /** Adds what happened to the run's hash: the same seed must give the same one. */
  note(what: string): void {
    this.#told.update(`${this.#isFirst ? '' : '\n'}${this.time.clock.monotonicMs()} ${what}`);
    this.#isFirst = false;
  }

  hash(): string {
    return this.#told.copy().digest('hex').slice(0, 16);
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
        throttled: () => this.busy(command),
        isTokened: isTokened(command),
      });
    return { send } as unknown as DynamoDBDocumentClient;
  }

  /** What a table that has too much to do answers. */
  protected busy(command: unknown): Error {
    return throttled(command);
  }

  /** The tables as an auditor reaches them: nothing goes wrong. */
  calmClient(): DynamoDBDocumentClient {
    const send = async (command: unknown) => this.table.run(command);
    return { send } as unknown as DynamoDBDocumentClient;
  }

  bug(what: string): void {
    this.bugs.push(what);
    this.note(what);
  }
}
