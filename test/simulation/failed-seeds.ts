/** Seeds that once failed, run before all others, each with what it found. */
export const failedSeeds: Readonly<Record<number, string>> = {};
