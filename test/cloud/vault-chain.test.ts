import { beforeEach, expect, test } from 'vitest';
import type { PlacedLog } from '#cloud/follow-facts.ts';
import { type ChainVaultPorts, chainVault } from '#cloud/vault-chain.ts';
import { vaultEventOf } from '#cloud/vault-events.ts';
import { ledgerVault } from '#cloud/vault-units.ts';
import { depositLog, storyVault } from './chain-story.ts';
import { account, eth, followDeposits, unit, withdrawalWorld } from './withdrawal-world.ts';

let at: ReturnType<typeof withdrawalWorld>;
let missing: { total: bigint; tokens: bigint };
let waits: number;

beforeEach(() => {
  at = withdrawalWorld();
  missing = { total: 0n, tokens: 0n };
  waits = 0;
});

/** What a vault with these blocks would say: the sum of what its logs say through a block. */
function totalAt(block: number): bigint {
  let total = 0n;
  for (const { fact } of at.story.facts) {
    if (fact.type !== 'block' || fact.number > block) continue;
    for (const log of fact.logs) {
      const event = vaultEventOf(log as PlacedLog, storyVault);
      if (event?.chainAsset !== eth.chainAsset) continue;
      total += event.type === 'deposited' ? event.atoms : -event.atoms;
    }
  }
  return total;
}

const vault = (pause: ChainVaultPorts['pause'] = async () => undefined) =>
  chainVault({
    ...{ client: at.memory.client, table: 'chain', assets: async () => [eth] },
    reads: {
      totalOf: async (_, block = 0) => totalAt(block) - missing.total,
      heldOf: async (_, block = 0) => totalAt(block) - missing.total - missing.tokens,
    },
    pause: async (ms) => {
      waits += 1;
      await pause(ms);
    },
  });
const line = () => ledgerVault({ client: at.memory.client, table: 'ledger' }).vaultUnits('ETH');

const follow = () => followDeposits(at);

const deposit = (n: number, atoms: bigint, asset = BigInt(eth.chainAsset)) =>
  depositLog(
    { account, asset, atoms },
    { transactionHash: `0x${String(n).repeat(64)}`, logIndex: n },
  );

test('the vault and the ledger agree to the atom through deposits that are pending, final, dust, and of other tokens', async () => {
  expect(await vault().vaultUnits('ETH')).toBe(0n);
  at.story.block([deposit(1, 500n * unit + 7n), deposit(2, 3n, 0x77n)]);
  at.story.block([deposit(3, unit - 8n)]);
  await follow();
  at.story.finalize(1);
  await follow();
  expect(await vault().vaultUnits('ETH')).toBe(500n);
  expect(await line()).toBe(500n);
  expect(await vault().problems?.('ETH')).toEqual([]);
  at.story.finalize(2);
  await follow();
  expect([await vault().vaultUnits('ETH'), await line()]).toEqual([500n, 500n]);
  expect(await vault().problems?.('ETH')).toEqual([]);
});

test('the vault and the ledger agree again when a withdrawal has been paid for good', async () => {
  at.story.block([deposit(1, 1_000n * unit)]);
  at.story.finalize(1);
  await follow();
  const withdraw = at.withdraw();
  await at.ask(withdraw);
  await at.wake();
  await at.mine({ final: false });
  await at.wake();
  expect([await vault().vaultUnits('ETH'), await line()]).toEqual([1_000n, 1_000n]);
  at.story.finalize(at.story.head());
  await at.wake();
  expect([await vault().vaultUnits('ETH'), await line()]).toEqual([900n, 900n]);
});

test('an atom that is missing in the vault, or a token that is missing behind its balances, is told', async () => {
  at.story.block([deposit(1, 10n * unit + 7n)]);
  at.story.finalize(1);
  await follow();
  missing = { total: 1n, tokens: 2n };
  expect(await vault().problems?.('ETH')).toEqual([
    { what: 'dust in the vault, in atoms', expected: '7', found: '6' },
    { what: 'tokens for all balances, in atoms', expected: '100000000006', found: '100000000004' },
  ]);
  expect(waits).toBeGreaterThan(5);
  missing = { total: unit, tokens: 0n };
  expect(await vault().vaultUnits('ETH')).toBe(9n);
});

test('what is only on its way is no problem: it is looked at again', async () => {
  at.story.block([deposit(1, 10n * unit + 7n)]);
  at.story.finalize(1);
  await follow();
  missing = { total: 1n, tokens: 0n };
  const arrives = vault(async () => {
    missing.total = 0n;
  });
  expect(await arrives.problems?.('ETH')).toEqual([]);
  expect(waits).toBe(1);
});
