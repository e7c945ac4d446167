/** An SQS FIFO queue in memory: groups in order, what was sent twice within five minutes once, what nobody can do among the dead letters. */
import type { QueueMessage, QueueSender } from '#cloud/queue-sender.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { Unreachable } from './simulated-process.ts';
import type { Surroundings } from './surroundings.ts';

export type Received = { id: number; body: string };

type Held = QueueMessage & { id: number; visibleAtMs: number; receives: number };

const deduplicationMs = 300_000;
const visibilityMs = 10_000;
const receivesAtMost = 5;

export class SimulatedQueue {
  readonly dead: QueueMessage[] = [];
  #world: Surroundings;
  #messages: Held[] = [];
  #known = new Map<string, number>();
  #ids = 0;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  senderOf(process: SimulatedProcess): QueueSender {
    return (messages) =>
      process.call({
        to: 'queue',
        run: () => messages.flatMap((message, at) => (this.#take(message) ? [] : [at])),
        throttled: () => new Unreachable('too many messages'),
      });
  }

  /** Some messages, of each group only while none before it is being worked on. */
  receive(most: number): Received[] {
    const nowMs = this.#nowMs();
    const busy = new Set<string>();
    const received: Received[] = [];
    for (const message of [...this.#messages]) {
      const { groupId = '' } = message;
      if (message.visibleAtMs > nowMs) busy.add(groupId);
      if (busy.has(groupId) || received.length === most) continue;
      if (message.receives === receivesAtMost) {
        this.finish(message.id);
        this.dead.push(message);
        continue;
      }
      message.receives += 1;
      message.visibleAtMs = nowMs + visibilityMs;
      received.push({ id: message.id, body: message.body });
    }
    return received;
  }

  finish(id: number): void {
    this.#messages = this.#messages.filter((message) => message.id !== id);
  }

  /** An operator puts dead letters back. */
  redrive(): void {
    for (const { body, groupId = '' } of this.dead.splice(0))
      this.#put({ body, groupId, deduplicationId: `redriven-${this.#ids}` });
  }

  /** False where it does not take it: an answer of SQS for one message of a batch. */
  #take(message: QueueMessage): boolean {
    if (this.#world.random(100) < this.#world.weather.faultsPerHundred) return false;
    const { deduplicationId = '' } = message;
    const knownMs = this.#known.get(deduplicationId);
    if (knownMs === undefined || this.#nowMs() - knownMs > deduplicationMs) this.#put(message);
    return true;
  }

  #put(message: QueueMessage): void {
    this.#known.set(message.deduplicationId ?? '', this.#nowMs());
    this.#ids += 1;
    this.#messages.push({ ...message, id: this.#ids, visibleAtMs: 0, receives: 0 });
  }

  #nowMs(): number {
    return this.#world.time.clock.monotonicMs();
  }
}
