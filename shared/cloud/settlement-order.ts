/** In which order trades of all pair groups settle, and how far a batch of them goes. Pure: the same journal gives the same batches. */
import { assert } from '#domain/assertion.ts';
import type { Trade } from '#domain/event.ts';
import type { GroupId } from '#domain/market.ts';
import type { Frame } from '#wire/journal-frame.ts';

/** How far a group is planned: all of a frame and before, and all events to a sequence, which may lie in the next frame. */
export type SettledThrough = { frame: number; sequence: number };

/** Frames of one group behind what is planned. */
export type GroupFrames = {
  groupId: GroupId;
  frames: readonly Frame[];
  /** They reach to the cut: else more follow, of later clocks. */
  isWhole: boolean;
};

export type DueTrade = { groupId: GroupId; frame: number; trade: Trade };

/**
 * Frames by (clock, group, frame). A grant's frame has a later clock than the return's that it was taken from (PROTOCOL 4), so in this order
 * nobody spends what settles later. Where a group's frames are not all read, what may lie behind its unread ones waits.
 */
export function framesInOrder(groups: readonly GroupFrames[]): Frame[] {
  const horizon = Math.min(
    ...groups
      .filter(({ isWhole }) => !isWhole)
      .map(({ frames }) => frames.at(-1)?.clock ?? Number.NEGATIVE_INFINITY),
  );
  return groups
    .flatMap(({ frames }) => frames)
    .filter(({ clock }) => clock <= horizon)
    .sort(
      (a, b) =>
        a.clock - b.clock ||
        (a.groupId < b.groupId ? -1 : a.groupId > b.groupId ? 1 : a.frame - b.frame),
    );
}

/** What of the frames is not planned yet, in order. */
export function dueTrades(
  ordered: readonly Frame[],
  from: ReadonlyMap<GroupId, SettledThrough>,
): DueTrade[] {
  return ordered.flatMap((frame) => {
    const { groupId } = frame;
    const planned = from.get(groupId)?.sequence ?? 0;
    return tradesIn(frame)
      .filter(({ sequence }) => sequence > planned)
      .map((trade) => ({ groupId, frame: frame.frame, trade }));
  });
}

const tradesIn = ({ outcomes }: Frame): Trade[] =>
  outcomes.flatMap(({ events }) => events.filter((event) => event.type === 'trade'));

/** How far the groups are planned once the first `count` due trades are: frames behind them that hold none are done too. */
export function throughTrades(
  ordered: readonly Frame[],
  from: ReadonlyMap<GroupId, SettledThrough>,
  count: number,
): Map<GroupId, SettledThrough> {
  const through = new Map(from);
  let left = count;
  for (const frame of ordered) {
    const { groupId } = frame;
    const before = through.get(groupId) ?? { frame: 0, sequence: 0 };
    if (frame.frame <= before.frame) continue;
    assert(
      frame.frame === before.frame + 1,
      `${groupId}: frame ${frame.frame} is planned too early`,
    );
    const due = tradesIn(frame).filter(({ sequence }) => sequence > before.sequence);
    const last = due[left - 1];
    if (due.length > left) {
      if (last) through.set(groupId, { frame: before.frame, sequence: last.sequence });
      return through;
    }
    left -= due.length;
    through.set(groupId, {
      frame: frame.frame,
      sequence: Math.max(before.sequence, frame.lastSequence),
    });
  }
  assert(left === 0, 'a plan of more trades than are due');
  return through;
}

/** The most of `of` things that still fit; 0 where the first alone does not. Fitting less of them is never harder. */
export function mostThatFit(of: number, fits: (count: number) => boolean): number {
  if (of === 0 || fits(of)) return of;
  let most = 0;
  let tooMany = of;
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return most;
}
