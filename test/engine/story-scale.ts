/** What the prices and sizes of deeds, which lie around 100 and 1, mean in a story. */
import { maxPriceTicks } from '#domain/market.ts';
import type { Scale } from './random-story.ts';

/** The prices that 96 to 104 stand for: next to powers of two, where tables and tries of prices turn. */
const ticks: Record<Exclude<Scale, 'near'>, number[]> = {
  wide: [1, 2, 63, 64, 4_096, 65_537, 1_048_575, 16_777_216, maxPriceTicks],
  top: Array.from({ length: 9 }, (_, index) => maxPriceTicks - 8 + index),
  bottom: Array.from({ length: 9 }, (_, index) => 1 + index),
};

/** As many lots as keep every notional countable; at the top so many that a volatility window overflows. */
const lots: Record<Scale, number> = { near: 1, wide: 1_000, top: 60_000, bottom: 5_000 };

export function ticksAt(scale: Scale, near: number): number {
  if (scale === 'near' || near === 0) return near;
  return ticks[scale][Math.min(Math.max(near - 96, 0), 8)] ?? 1;
}

export function lotsAt(scale: Scale, near: number): number {
  return near * lots[scale];
}

/** Money for as many lots, at about the price. */
export function unitsAt(scale: Scale, near: number, nearTicks: number): number {
  if (scale === 'near') return near;
  return Math.ceil((near / 100) * lots[scale]) * ticksAt(scale, nearTicks);
}

/** What each account begins with; all of them together stay far from 2^53 units. */
export function fundsAt(scale: Scale, asset: string): number {
  if (scale === 'near') return { ETH: 150, BTC: 2_000 }[asset] ?? 9_000;
  return asset === 'USDC' ? 2 ** 50 : 2 ** 26;
}
