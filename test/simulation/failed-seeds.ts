/** Seeds that once failed, run before all others, each with what it found. */
export const failedSeeds: Readonly<Record<number, string>> = {
  22: 'a new leader doubted the journal where settlement had just reached the frame of its snapshot',
  30: 'the same, with more frames behind it',
  4402: 'a matcher that slept between taking the lease and the journal said that its row was set back by hand',
};

/** The same of seeds that were told in short. */
export const failedShortSeeds: Readonly<Record<number, string>> = {};

/** The same of the ledger's simulation. */
export const failedLedgerSeeds: Readonly<Record<number, string>> = {
  5: "a new leader's record behind a run was not the run's when the ledger was built anew",
  44: 'the same',
  53: 'amid a rebuild, a withdrawal ended by an operation that no other item told of',
};

/** The same of the transaction sender's simulation. */
export const failedSenderSeeds: Readonly<Record<number, string>> = {};

/** The same of the chain's simulation. */
export const failedChainSeeds: Readonly<Record<number, string>> = {
  272: "a fill undone for both, whose fee stays with the house: the audit compared the house's accounts one by one",
  536: 'of a frozen vault two fills that are taken back waited each for what the other was to give back',
};
