/** How deep snapshots may be, so that the reply that holds them fits a frame of 32 KB. */
import { type DepthSnapshot, frameBytes } from '#wire/feed-message.ts';

/** The checksum covers ten levels of each side: no snapshot has fewer. */
const leastLevels = 10;
/** What the reply holds beside its snapshots: twenty channel names and the request's id. */
const envelopeBytes = 2_048;

/** Levels of each side to ask for; a client that wants depth subscribes to one market at a time. */
export const levelsFor = (markets: number): number =>
  Math.max(leastLevels, Math.floor(500 / Math.max(1, markets)));

/** The snapshots, cut to fewer levels where long numbers make them too large. */
export function fittingSnapshots(snapshots: DepthSnapshot[]): DepthSnapshot[] {
  let levels = Math.max(0, ...snapshots.flatMap(({ bids, asks }) => [bids.length, asks.length]));
  let fitting = snapshots;
  while (levels > leastLevels && JSON.stringify(fitting).length > frameBytes - envelopeBytes) {
    levels = Math.max(leastLevels, Math.floor(levels * 0.8));
    fitting = snapshots.map((each) => ({
      ...each,
      bids: each.bids.slice(0, levels),
      asks: each.asks.slice(0, levels),
    }));
  }
  return fitting;
}
