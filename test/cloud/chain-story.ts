/** A chain as facts tell it, written down by hand or drawn: blocks with logs of a vault, reorganizations, finality. */
import { Interface, id as keccakOf } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import type { NumberedFact } from '#cloud/chain-facts.ts';
import type { FactSource } from '#cloud/follow-facts.ts';
import type { ChainFact, ChainLog } from '#wire/chain-fact.ts';

export const storyVault = `0x${'c0'.repeat(20)}`;
const vault = new Interface(vaultAbi);

type LogPlace = { transactionHash: string; logIndex: number };

export const depositLog = (
  deposit: { account: string; asset: bigint; atoms: bigint },
  place: LogPlace,
): ChainLog =>
  logOf('Deposited', [deposit.account, deposit.asset, deposit.atoms, deposit.account], place);

export const withdrawnLog = (
  paid: { digest: string; account: string; asset: bigint; atoms: bigint; recipient: string },
  place: LogPlace,
): ChainLog =>
  logOf('Withdrawn', [paid.digest, paid.account, paid.asset, paid.atoms, paid.recipient], place);

/** What a user takes back, by the event's name and its values. */
export const actLog = (
  name:
    | 'ExitRequested'
    | 'ExitFinalized'
    | 'ExitAbandoned'
    | 'Frozen'
    | 'FrozenExit'
    | 'OrderCancelled'
    | 'EpochBumped'
    | 'DelegationRevoked',
  values: unknown[],
  place: LogPlace,
): ChainLog => logOf(name, values, place);

function logOf(name: string, values: unknown[], place: LogPlace): ChainLog {
  return { address: storyVault, ...vault.encodeEventLog(name, values), ...place };
}

/** Facts as an indexer would write them, of a chain that this story makes up; `fork` tells branches of a height apart. */
export function chainStory(startAtMs = 1_700_000_000_000) {
  const facts: NumberedFact[] = [];
  const chain: { number: number; hash: string }[] = [{ number: 0, hash: keccakOf('genesis') }];
  let forks = 0;
  let skippedMs = 0;
  const tell = (fact: ChainFact) => facts.push({ number: facts.length + 1, fact });
  const head = () => chain.at(-1) as { number: number; hash: string };
  return {
    facts,
    head: () => head().number,
    headAtMs: () => startAtMs + skippedMs + head().number * 1_000,
    /** A block of that time, where it is later than the one before: blocks come each second otherwise. */
    blockAt(atMs: number) {
      skippedMs = Math.max(skippedMs, atMs - startAtMs - chain.length * 1_000);
      return this.block();
    },
    block(logs: ChainLog[] = []) {
      const { number, hash: parentHash } = head();
      const hash = keccakOf(`${number + 1}:${forks}:${facts.length}`);
      const atMs = startAtMs + skippedMs + (number + 1) * 1_000;
      chain.push({ number: number + 1, hash });
      tell({ type: 'block', number: number + 1, hash, parentHash, atMs, logs });
      return number + 1;
    },
    reorg(ancestor: number) {
      forks += 1;
      chain.length = ancestor + 1;
      tell({ type: 'reorg', ...head() });
    },
    finalize(number: number) {
      const { hash } = chain[number] as { hash: string };
      tell({ type: 'finalize', number, hash });
    },
  };
}

/** Reads a story some facts at a time. */
export const sourceOf = ({ facts }: { facts: NumberedFact[] }, atOnce = 3): FactSource => ({
  after: async (fact) => facts.slice(fact, fact + atOnce),
});
