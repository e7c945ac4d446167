/** Everybody signs for himself, and nobody took anything back on the chain. */
export const ownRights = {
  rights: {
    epochOf: async () => 0n,
    isCancelled: async () => false,
    leavingAssets: async () => new Set<string>(),
    delegationsOf: async () => [],
  },
  clock: { nowMs: () => 1_800_000_000_000 },
};
