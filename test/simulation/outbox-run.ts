/**
 * The outbox of a simulation at work: the table's stream, the function that carries rows to queues, who works them off, the
 * sweep. Stream records are lost, functions die at any call, messages come twice and late.
 */
import type { Item } from '#cloud/batch-items.ts';
import { type OutboxWork, workOff } from '#cloud/outbox-edge.ts';
import { createOutboxStore, readRow } from '#cloud/outbox-store.ts';
import type { QueueSender } from '#cloud/queue-sender.ts';
import { type OutboxRow, type OutboxTopic, outboxMessage, outboxTopics } from '#wire/outbox.ts';
import { asError } from '../../containers/matcher/doubt.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { forwardRows } from '../../functions/outbox/forward-rows.ts';
import { overdueMs, sweepOutbox } from '../../functions/outbox-sweep/sweep-outbox.ts';
import { type LedgerWorld, tables } from './ledger-world.ts';
import { isExcused } from './matcher-run.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { SimulatedQueue } from './simulated-queue.ts';
import type { Written } from './simulated-table.ts';

/** Does what a row asks for, in a process. */
export type WorkOf = (process: SimulatedProcess) => OutboxWork;

const callMs = 5_000;

export class OutboxRun {
  /** How often each row was done, by its topic and id. */
  readonly done = new Map<string, number>();
  readonly rows: OutboxRow[] = [];
  #world: LedgerWorld;
  #queues: Record<OutboxTopic, SimulatedQueue>;
  #workOf: WorkOf;
  #stream: OutboxRow[] = [];
  #calls = 0;

  constructor(world: LedgerWorld, workOf: WorkOf) {
    this.#world = world;
    this.#workOf = workOf;
    this.#queues = forEachTopic(() => new SimulatedQueue(world));
    if (world.planted === 'message-lost') return;
    void this.#drive();
    void this.#sweep();
    for (const topic of outboxTopics) void this.#consume(topic);
  }

  written(written: readonly Written[]): void {
    for (const { table, before, after } of written) {
      if (table !== tables.outbox || before || !after) continue;
      const row = readRow(after as Item);
      this.rows.push(row);
      // The sweep is there for what the stream did not bring.
      if (this.#world.random(25)) this.#stream.push(row);
    }
  }

  get isDone(): boolean {
    return this.#world.table.items(tables.outbox).size === 0;
  }

  redrive(): void {
    for (const topic of outboxTopics) this.#queues[topic].redrive();
  }

  async #drive(): Promise<void> {
    const { time, random } = this.#world;
    for (;;) {
      await this.#pause(this.#stream.length > 0 ? random(60) : 200 + random(400));
      const batch = this.#stream.slice(0, 1 + random(10));
      if (batch.length === 0) continue;
      const records = batch.map((row, at) => ({ row, sequenceNumber: String(at) }));
      const left = await this.#asFunction('outbox', (process) =>
        forwardRows(records, { senders: this.#senders(process), report: () => {} }),
      );
      // One that died or failed is given the same records again.
      if (left.status === 'done')
        this.#stream.splice(0, left.value === undefined ? batch.length : Number(left.value));
      else await pause(time.timers, random(300));
    }
  }

  async #sweep(): Promise<void> {
    for (;;) {
      await this.#pause(overdueMs - 2_000 + this.#world.random(4_000));
      await this.#asFunction('outbox-sweep', (process) => {
        const client = this.#world.client(process);
        const outbox = createOutboxStore({ client, table: tables.outbox });
        const nowMs = this.#world.nowMs();
        return sweepOutbox({ outbox, senders: this.#senders(process), nowMs, report: () => {} });
      });
    }
  }

  async #consume(topic: OutboxTopic): Promise<void> {
    const { random } = this.#world;
    const queue = this.#queues[topic];
    for (;;) {
      const received = queue.receive(1 + random(5));
      for (const { id, body } of received) {
        const { status } = await this.#asFunction(topic, (process) => this.#workOff(process, body));
        // Its answer may be lost as well: it comes again.
        if (status === 'done' && random(15)) queue.finish(id);
      }
      if (received.length === 0) await this.#pause(queue.isEmpty ? 300 + random(500) : 2_000);
    }
  }

  #workOff(process: SimulatedProcess, body: string): Promise<void> {
    const client = this.#world.client(process);
    const outbox = createOutboxStore({ client, table: tables.outbox });
    const work = this.#workOf(process);
    return workOff(
      outboxMessage.parse(JSON.parse(body)),
      async (row) => {
        await work(row);
        const name = `${row.topic} ${row.outboxId}`;
        this.done.set(name, (this.done.get(name) ?? 0) + 1);
      },
      outbox,
    );
  }

  #senders(process: SimulatedProcess): Record<OutboxTopic, QueueSender> {
    return forEachTopic((topic) => this.#queues[topic].senderOf(process));
  }

  async #asFunction<T>(
    name: string,
    work: (process: SimulatedProcess) => Promise<T>,
  ): Promise<{ status: 'done'; value: T } | { status: 'failed' }> {
    this.#calls += 1;
    const process = this.#world.process(`${name}-${this.#calls}`);
    const done = work(process).then(
      (value) => ({ status: 'done' as const, value }),
      (thrown: unknown) => {
        const error = asError(thrown);
        if (!isExcused(error)) this.#world.bug(`${process.name}: ${error.stack}`);
        return { status: 'failed' as const };
      },
    );
    const givenUp = this.#pause(callMs).then(() => ({ status: 'failed' as const }));
    return Promise.race([done, givenUp]);
  }

  #pause(ms: number): Promise<void> {
    return pause(this.#world.time.timers, ms);
  }
}

const forEachTopic = <T>(of: (topic: OutboxTopic) => T): Record<OutboxTopic, T> =>
  Object.fromEntries(outboxTopics.map((topic) => [topic, of(topic)])) as Record<OutboxTopic, T>;
