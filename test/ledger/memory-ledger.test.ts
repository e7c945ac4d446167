/** The suite over the ledger in memory. */
import { describe } from 'vitest';
import { ledgerSuite } from './ledger-suite.ts';
import { listed } from './ledger-under-test.ts';
import { memoryUnderTest } from './memory-under-test.ts';

describe('the ledger in memory', () => {
  ledgerSuite(async () => memoryUnderTest(listed));
});
