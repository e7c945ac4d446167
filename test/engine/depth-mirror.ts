/** A book as a subscriber keeps it: from level changes alone. */
import { expect } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';

export class DepthMirror {
  readonly #levels = new Map<string, number>();

  /** Follows another engine: as it is now, changes count from here. */
  begin(engine: Engine): void {
    engine.takeLevelChanges();
    this.#levels.clear();
    for (const [level, lots] of levelsOf(engine)) this.#levels.set(level, lots);
  }

  /** Takes the newest changes and must then show what the engine shows; no level comes twice. */
  follow(engine: Engine): void {
    const changes = engine.takeLevelChanges();
    const names = changes.map(({ marketId, side, priceTicks }) =>
      nameOf(marketId, side, priceTicks),
    );
    expect(new Set(names).size, 'a level changed twice').toBe(names.length);
    for (const [index, { sizeLots }] of changes.entries()) {
      const name = names[index] ?? '';
      if (sizeLots > 0) this.#levels.set(name, sizeLots);
      else this.#levels.delete(name);
    }
    const shown = levelsOf(engine);
    if (shown.size === this.#levels.size) {
      const isSame = [...shown].every(([name, lots]) => this.#levels.get(name) === lots);
      if (isSame) return;
    }
    expect(Object.fromEntries(this.#levels), 'the mirror').toEqual(Object.fromEntries(shown));
  }
}

const nameOf = (marketId: string, side: string, priceTicks: number) =>
  `${marketId} ${side} ${priceTicks}`;

function levelsOf(engine: Engine): Map<string, number> {
  const levels = new Map<string, number>();
  for (const marketId of engine.marketIds()) {
    const { bids, asks } = engine.depth(marketId, 1_000_000);
    for (const [ticks, lots] of bids) levels.set(nameOf(marketId, 'buy', ticks), lots);
    for (const [ticks, lots] of asks) levels.set(nameOf(marketId, 'sell', ticks), lots);
  }
  return levels;
}
