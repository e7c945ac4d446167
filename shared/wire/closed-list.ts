/** Members of closed lists as numbers on disk: their places. A list may grow at its end, never change order. */
import { assert } from '#domain/assertion.ts';

export function placeIn<T>(list: readonly T[], member: T): number {
  const place = list.indexOf(member);
  if (place < 0) assert(false, `${member} is not one of ${list.join(', ')}`);
  return place;
}

/** Throws a RangeError where bytes name a place that the list does not have. */
export function memberAt<T>(list: readonly T[], place: number): T {
  const member = list[place];
  if (member === undefined) throw new RangeError('an unknown member of a closed list');
  return member;
}
