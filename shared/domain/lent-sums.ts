/** What may have been lent out of a balance, less what had come back, at moments that nobody wrote down. */
import type { GroupId } from './market.ts';

/** More sums than this are not searched: then every amount is taken for possible. */
const sumsAtMost = 200_000;

/**
 * What each pair group's runs moved between an account's available side and its credit. Runs of a group are cleared one after the
 * other, and a grant is taken before the run that tells of it: so at any moment some number of its runs had been cleared,
 * and the next grant may have been taken.
 */
export class LentSums {
  /** Of each group: what came back less what went out through each run, and what the run's own grant was. */
  readonly #groups = new Map<GroupId, { sums: bigint[]; granted: bigint[] }>();

  fork(): LentSums {
    const fork = new LentSums();
    for (const [groupId, { sums, granted }] of this.#groups)
      fork.#groups.set(groupId, { sums: [...sums], granted: [...granted] });
    return fork;
  }

  add(groupId: GroupId, run: { grantedUnits: bigint; returnedUnits: bigint }): void {
    const group = this.#groups.get(groupId) ?? { sums: [0n], granted: [] };
    this.#groups.set(groupId, group);
    group.sums.push((group.sums.at(-1) ?? 0n) + run.returnedUnits - run.grantedUnits);
    group.granted.push(run.grantedUnits);
  }

  /**
   * Whether so much, or so little, may have been there on top at some moment; `pendingUnits` are those of a group's grant now,
   * and `others` name groups that may have one and no run yet.
   */
  reachable(
    pendingUnits: (groupId: GroupId) => bigint,
    others: Iterable<GroupId> = [],
  ): (units: bigint) => boolean {
    let sums: bigint[] = [0n];
    let last = new Set([0n]);
    for (const groupId of new Set([...this.#groups.keys(), ...others])) {
      const { sums: ofGroup, granted } = this.#groups.get(groupId) ?? { sums: [0n], granted: [] };
      if (sums.length * last.size > sumsAtMost) return () => true;
      sums = [...new Set(sums.flatMap((one) => [...last].map((other) => one + other)))];
      last = optionsOf(ofGroup, granted, pendingUnits(groupId));
    }
    return (units) => sums.some((sum) => last.has(units - sum));
  }
}

function optionsOf(sums: readonly bigint[], granted: readonly bigint[], pendingUnits: bigint) {
  const options = new Set<bigint>();
  let nextGrant = pendingUnits;
  for (let cleared = sums.length - 1; cleared >= 0; cleared -= 1) {
    const sum = sums[cleared] as bigint;
    options.add(sum);
    options.add(sum - nextGrant);
    nextGrant = granted[cleared - 1] || nextGrant;
  }
  return options;
}
