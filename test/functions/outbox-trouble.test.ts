/** The outbox amid trouble, seed by seed: stream records are lost, queues refuse or forget to answer, functions die at any call, messages come twice and late. */
import { expect, test } from 'vitest';
import type { DeadLetter, DeadLetters } from '#cloud/dead-letters.ts';
import { workOff } from '#cloud/outbox-edge.ts';
import type { StreamedRow } from '#cloud/outbox-stream.ts';
import type { QueueMessage, QueueSender } from '#cloud/queue-sender.ts';
import { type OutboxRow, outboxMessage } from '#wire/outbox.ts';
import { forwardRows } from '../../functions/outbox/forward-rows.ts';
import { sweepOutbox } from '../../functions/outbox-sweep/sweep-outbox.ts';
import { tendDeadLetters } from '../../ops/dead-letters.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import { memoryOutbox, operationRow, queuesOf, runRow } from './outbox-world.ts';

const stepMs = 5_000;
const minute = 60_000;
const accounts = ['0xa', '0xb', '0xc', '0xd'];

class TroubledWorld {
  nowMs = 0;
  /** Faults in a hundred calls. */
  faults = 20;
  readonly outbox = memoryOutbox();
  readonly written: OutboxRow[] = [];
  /** What was done, as often as it was done. */
  readonly done: string[] = [];
  readonly dead: QueueMessage[] = [];
  /** How many ever were dead letters. */
  buried = 0;
  #stream: StreamedRow[] = [];
  #messages: (QueueMessage & { visibleAtMs: number; receives: number })[] = [];
  #known = new Map<string, number>();
  /** A random number below. */
  readonly below: (n: number) => number;

  constructor(seed: number) {
    this.below = seeded(seed);
  }

  #fails(): boolean {
    return this.below(100) < this.faults;
  }

  write(): void {
    const some = accounts.filter(() => this.below(2) === 0);
    const n = this.written.length;
    const where = { accounts: some, atMs: this.nowMs };
    const row = this.below(2) === 0 ? operationRow(`deposit-${n}`, where) : runRow(n, where);
    this.written.push(row);
    this.outbox.put(row);
    // The stream forgets some, as if it had been down for a day.
    if (this.below(10) > 0) this.#stream.push({ row, sequenceNumber: String(n) });
  }

  /** A FIFO queue that refuses, and that takes without saying so. */
  send: QueueSender = async (messages) => {
    if (this.#fails()) throw new Error('no answer before it was sent');
    const refused = messages.flatMap((message, at) => {
      if (this.#fails()) return [at];
      const knownMs = this.#known.get(message.deduplicationId ?? '') ?? -Infinity;
      if (this.nowMs - knownMs > 5 * minute) this.#put(message);
      return [];
    });
    if (this.#fails()) throw new Error('no answer after it was sent');
    return refused;
  };

  #put(message: QueueMessage): void {
    this.#known.set(message.deduplicationId ?? '', this.nowMs);
    this.#messages.push({ ...message, visibleAtMs: this.nowMs, receives: 0 });
  }

  async forward(): Promise<void> {
    const batch = this.#stream.slice(0, 1 + this.below(5));
    const senders = queuesOf(this.send);
    const left = await forwardRows(batch, { senders, report: () => undefined });
    const count = batch.findIndex(({ sequenceNumber }) => sequenceNumber === left);
    this.#stream.splice(0, count < 0 ? batch.length : count);
  }

  async sweep(): Promise<void> {
    const senders = queuesOf(this.send);
    const { outbox, nowMs } = this;
    await sweepOutbox({ outbox, senders, nowMs, report: () => undefined });
  }

  /** Each group's first message, unless it is being worked on. */
  async consume(): Promise<void> {
    const groups = new Map(this.#messages.toReversed().map((each) => [each.groupId, each]));
    for (const message of groups.values()) {
      if (message.visibleAtMs > this.nowMs) continue;
      message.receives += 1;
      message.visibleAtMs = this.nowMs + 30_000;
      const isDone = message.receives <= 5 && (await this.#workOff(message));
      if (message.receives > 5) {
        this.dead.push(message);
        this.buried += 1;
      }
      // Its deletion may be lost as well: it comes again.
      if (message.receives > 5 || (isDone && !this.#fails()))
        this.#messages = this.#messages.filter((each) => each !== message);
    }
  }

  async #workOff({ body }: QueueMessage): Promise<boolean> {
    const call = async <T>(make: () => Promise<T>): Promise<T> => {
      if (this.#fails()) throw new Error('died before');
      const answer = await make();
      if (this.#fails()) throw new Error('died after');
      return answer;
    };
    const work = (row: OutboxRow) =>
      call(async () => {
        this.done.push(row.outboxId);
      });
    const outbox = {
      read: (message: OutboxRow) => call(() => this.outbox.read(message)),
      finish: (message: OutboxRow) => call(() => this.outbox.finish(message)),
    };
    return workOff(outboxMessage.parse(JSON.parse(body)), work, outbox as never).then(
      () => true,
      () => false,
    );
  }

  /** An operator's redrive. */
  async redrive(): Promise<number> {
    const letters: DeadLetters = {
      count: async () => this.dead.length,
      take: async () =>
        this.dead.splice(0).map(
          ({ body, groupId = '' }, at): DeadLetter => ({
            ...{ messageId: `m${at}`, body, groupId, sentAtMs: 0, handle: `${this.nowMs}-${at}` },
          }),
        ),
      release: async () => undefined,
      putBack: async ({ body, groupId = '', handle }) =>
        this.#put({ body, groupId, deduplicationId: handle }),
      send: async () => undefined,
      drop: async () => undefined,
    };
    const reach = async () => ({
      queues: new Map([['notify' as const, letters]]),
      outbox: this.outbox,
      close: () => undefined,
    });
    const quiet = { say: () => undefined, complain: () => undefined, nowMs: () => this.nowMs };
    return tendDeadLetters(['redrive', 'notify', '--all'], { reach, ...quiet });
  }
}

async function pass(world: TroubledWorld, steps: number, act: () => void): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    act();
    await world.forward();
    await world.consume();
    if (world.nowMs % minute === 0) await world.sweep();
    world.nowMs += stepMs;
  }
}

async function story(seed: number): Promise<TroubledWorld> {
  const world = new TroubledWorld(seed);
  await pass(world, 120, () => {
    world.faults = [0, 20, 60][world.below(3)] ?? 0;
    if (world.below(3) === 0) world.write();
  });
  // Whatever is late after such weather is done within a quarter of an hour of calm; a dead letter by its redrive.
  world.faults = 0;
  await world.redrive();
  await pass(world, (15 * minute) / stepMs, () => undefined);
  // Letters that were buried meanwhile are of rows that are done by now.
  const { length } = world.done;
  await world.redrive();
  await pass(world, minute / stepMs, () => undefined);
  expect(world.done.length, `seed ${seed}`).toBe(length);
  return world;
}

test('whatever happens on the way, every row is done at least once and gone at the end', async () => {
  const [first, seeds] = [Number(process.env['SEED'] ?? 1), 100];
  const seen = { repeated: 0, dead: 0 };
  for (let seed = first; seed < first + seeds; seed += 1) {
    const world = await story(seed);
    expect(world.outbox.rows(), `seed ${seed}`).toEqual([]);
    expect(new Set(world.done), `seed ${seed}`).toEqual(
      new Set(world.written.map(({ outboxId }) => outboxId)),
    );
    expect(world.dead, `seed ${seed}`).toEqual([]);
    seen.repeated += world.done.length - world.written.length;
    seen.dead += world.buried;
  }
  // The weather is bad enough to say something.
  expect(seen.repeated).toBeGreaterThan(seeds);
  expect(seen.dead).toBeGreaterThan(seeds);
});
