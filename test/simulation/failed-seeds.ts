/** Seeds that once failed, run before all others, each with what it found. */
export const failedSeeds: Readonly<Record<number, string>> = {
  22: 'a new leader doubted the journal where settlement had just reached the frame of its snapshot',
  30: 'the same, with more frames behind it',
};

/** The same of the ledger's simulation. */
export const failedLedgerSeeds: Readonly<Record<number, string>> = {};
