/** What the chain says of nobody: such passes are told together, so that writing them and waking who follows the facts costs less. */
import { type Claim, claimOf, type Pass } from '#cloud/chain-index.ts';
import { assert } from '#domain/assertion.ts';

/**
 * Whether the pass can wait for later blocks: it has no log of ours, takes nothing back, makes none of our logs final, and the chain
 * is not much further than what was told last.
 */
export function mayWait(pass: Pass, quietMs: number): boolean {
  const { before, after } = pass;
  return before !== undefined && isQuiet(pass) && after.headAtMs - before.headAtMs < quietMs;
}

/** One pass of one that waited and the one behind it: of what both tell, the newer word. */
export function joined(waited: Pass, next: Pass): Pass {
  const { before } = waited;
  assert(before, 'the first pass of all never waits');
  const isTold = (type: string) => next.facts.some((fact) => fact.type === type);
  const facts = [...waited.facts.filter(({ type }) => !isTold(type)), ...next.facts];
  const [pass, toFact] = [before.pass + 1, before.toFact + facts.length];
  return { before, after: { ...next.after, pass, toFact }, facts };
}

function isQuiet({ before, after, facts }: Pass): boolean {
  if (after.deepSinceMs !== undefined) return false;
  const concerns = facts.some((fact) => {
    if (fact.type === 'block') return fact.logs.length > 0;
    return fact.type === 'reorg';
  });
  const claims = [...(before?.claims ?? []), ...after.claims];
  return facts.length > 0 && !concerns && !claims.some(hasLogs);
}

/** A block that its bloom could not clear is claimed too, with no log in it. */
const hasLogs = ({ digest }: Claim): boolean => digest !== nothing;
const nothing = claimOf({ number: 0, hash: '', logs: [] }).digest;
