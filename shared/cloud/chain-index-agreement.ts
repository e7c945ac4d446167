/**
 * What most providers say before anything is final. Headers and blooms do not cover what is in a log, and not every chain's
 * headers can be hashed again, so that one provider of several could make up a deposit: what it tells is believed at the
 * chain's head, where it can be taken back, and becomes final only where more than half of all providers tell the same.
 */
import type { ChainLog } from '#wire/chain-fact.ts';
import { type BlockId, type Claim, claimOf } from './chain-index.ts';
import {
  agreedHeader,
  agreedLogs,
  type MajorityPorts,
  reachedByMost,
} from './chain-index-majority.ts';
import { sideBySide } from './side-by-side.ts';

export type Agreement =
  /** Through this block, which may be less than was asked for. */
  | { type: 'agreed'; finalNumber: number }
  /** Most tell other logs of these blocks than were believed: by hash. */
  | { type: 'refuted'; first: BlockId; logs: ReadonlyMap<string, ChainLog[]> }
  /** Most do not have this block: one that is ahead of the others must neither make it final nor hold up what is below. */
  | { type: 'unreached'; reached: number }
  /** Most have another block than was believed. */
  | { type: 'forked' };

type Verdict =
  | { type: 'agreed' | 'unknown' | 'forked'; claim: Claim }
  | { type: 'refuted'; claim: Claim; logs: ChainLog[] };

const claimsAtOnce = 4;
/** Below every block. */
const nothing = -1;

/** How much of what was believed may become final: this block with all below it, or less. */
export async function agreeOn(
  final: BlockId,
  claims: readonly Claim[],
  ports: MajorityPorts,
): Promise<Agreement> {
  const { witnesses } = ports;
  if (!witnesses) return { type: 'agreed', finalNumber: final.number };
  const known = await agreedHeader(final.number, ports);
  if (known && known.hash !== final.hash) return { type: 'forked' };
  if (!known) {
    const reached = await reachedByMost(ports);
    if (reached !== undefined && reached < final.number) return { type: 'unreached', reached };
    witnesses.doubt(final);
    return { type: 'agreed', finalNumber: nothing };
  }
  const due = claims.filter(({ number }) => number <= final.number);
  const verdicts = await sideBySide(due, claimsAtOnce, (claim) => verdictOn(claim, ports));
  if (verdicts.some(({ type }) => type === 'forked')) return { type: 'forked' };
  const refuted = verdicts.filter((verdict) => verdict.type === 'refuted');
  const [first] = refuted;
  if (first) {
    const logs = new Map(refuted.map(({ claim, logs: each }) => [claim.hash, each]));
    return { type: 'refuted', first: first.claim, logs };
  }
  const open = verdicts.findIndex(({ type }) => type === 'unknown');
  const doubted = verdicts[open]?.claim;
  if (!doubted) return { type: 'agreed', finalNumber: final.number };
  witnesses.doubt(doubted);
  // Headers between two claims are linked by what they say themselves: a claim that is agreed holds all below it.
  return { type: 'agreed', finalNumber: verdicts[open - 1]?.claim.number ?? nothing };
}

async function verdictOn(claim: Claim, ports: MajorityPorts): Promise<Verdict> {
  const header = await agreedHeader(claim.number, ports);
  if (header && header.hash !== claim.hash) return { type: 'forked', claim };
  const logs = header && (await agreedLogs(claim, ports));
  if (!logs) return { type: 'unknown', claim };
  const isSame = claimOf({ ...claim, logs }).digest === claim.digest;
  return isSame ? { type: 'agreed', claim } : { type: 'refuted', claim, logs };
}
