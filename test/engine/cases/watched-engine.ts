/** Applies commands to an engine and holds it to what the rules say of every command: one answer, no gap, the bound on events, refusals that change nothing, sound levels. */
import { expect } from 'vitest';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { drive } from '../../../containers/matcher/engine/drive.ts';
import type { Engine } from '../../../containers/matcher/engine/engine.ts';
import { eventsPerCommand } from '../../../containers/matcher/engine/limits.ts';

export class WatchedEngine {
  readonly engine: Engine;
  /** Every command that reached the engine, those of `drive` among them, with how many events it had. */
  readonly applied: { command: Command; events: number }[] = [];
  /** Those that were asked for, without what `drive` added. */
  readonly driven: Command[] = [];
  /** Off while a case sets up by the thousand: the checks read the whole state. */
  isWatched = true;
  /** Levels as someone knows them who hears of their changes only. */
  #heard = new Map<string, number>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Applies a command with the ticks before it and the continues after it; answers all their events. */
  drive(command: Command): EngineEvent[] {
    const events: EngineEvent[] = [];
    this.driven.push(command);
    drive(command, {
      engine: this.engine,
      apply: (each) => events.push(...this.apply(each)),
      newCommandId: (type) => `${type}-${this.applied.length}`,
    });
    return events;
  }

  /** Applies one command just as it is. */
  apply(command: Command): EngineEvent[] {
    const { engine } = this;
    const before = { sequence: engine.sequence, hash: this.isWatched ? engine.stateHash() : '' };
    const events: EngineEvent[] = [];
    engine.apply(command, (event) => events.push(event));
    this.applied.push({ command, events: events.length });
    const sequences = events.map(({ sequence }) => sequence);
    if (!events.every(({ sequence }, at) => sequence === before.sequence + 1 + at))
      throw new Error(`after event ${before.sequence} came ${sequences.join()}`);
    const answers = events.filter(({ type }) => type === 'accepted' || type === 'refused');
    if (answers.length !== 1 || answers[0] !== events[0])
      throw new Error(`${command.type} was answered ${events.map(({ type }) => type).join()}`);
    expect(events.length).toBeLessThanOrEqual(eventsPerCommand);
    if (this.isWatched) this.#watch(events[0], before.hash);
    return events;
  }

  #watch(answer: EngineEvent | undefined, hashBefore: string): void {
    const { engine } = this;
    engine.validate();
    if (answer?.type === 'refused') {
      expect(engine.stateHash(), `refused ${answer.code}`).toBe(hashBefore);
    }
    const told = new Set<string>();
    for (const { marketId, side, priceTicks, sizeLots } of engine.takeLevelChanges()) {
      const key = `${marketId} ${side} ${priceTicks}`;
      if (told.has(key)) throw new Error(`${key} is told twice`);
      told.add(key);
      if (sizeLots > 0) this.#heard.set(key, sizeLots);
      else this.#heard.delete(key);
    }
    const levels = engine.marketIds().flatMap((marketId) => {
      const { bids, asks } = engine.depth(marketId, 1_000_000);
      return [
        ...bids.map(([price, lots]) => [`${marketId} buy ${price}`, lots] as const),
        ...asks.map(([price, lots]) => [`${marketId} sell ${price}`, lots] as const),
      ];
    });
    expect(Object.fromEntries(this.#heard), 'levels heard of').toEqual(Object.fromEntries(levels));
  }
}
