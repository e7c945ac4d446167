/** Everybody signs for himself, and no epoch was ever raised. */
export const ownRights = {
  rights: { epochOf: async () => 0n, delegationsOf: async () => [] },
  clock: { nowMs: () => 1_800_000_000_000 },
};
