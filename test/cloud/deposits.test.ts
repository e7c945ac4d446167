import { beforeEach, describe, expect, test } from 'vitest';
import { depositFacts } from '#cloud/deposit-facts.ts';
import { chainDepositsOf } from '#cloud/deposit-store.ts';
import { type FollowPorts, followFacts, readFactCursor } from '#cloud/follow-facts.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import type { Asset } from '#domain/asset.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { memoryTable } from '../functions/memory-table.ts';
import { chainStory, depositLog, sourceOf, storyVault } from './chain-story.ts';

const alice = `0x${'a1'.repeat(20)}`;
const insurance = `0x${'1f'.repeat(20)}`;
const token = 0x1000000000000000000000000000000000000e70n;
const assets: Asset[] = [
  { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: `0x${token.toString(16)}` },
];
const unit = 10n ** 10n;
const hash = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;

let memory: ReturnType<typeof memoryTable>;
let story: ReturnType<typeof chainStory>;
let dying = 0;
let calls = 0;

/** The client of a process that dies at its `dying`th call, before or after that call had its effect. */
function mortal(client: FollowPorts['client'], isAfter: boolean): FollowPorts['client'] {
  const send = async (command: never) => {
    calls += 1;
    if (calls === dying && !isAfter) throw new Error('died before');
    const answer = await client.send(command);
    if (calls === dying && isAfter) throw new Error('died after');
    return answer;
  };
  return { send } as unknown as FollowPorts['client'];
}

const followerOf = (client: FollowPorts['client']): FollowPorts => {
  const ledger = createLedgerStore({ client, table: 'ledger' });
  const where = { client, table: 'chain' };
  const clock = { nowMs: () => 1_700_000_100_000 };
  const work = depositFacts({
    ...where,
    ...{ ledger, clock, chainId: 31337, vault: storyVault, assets: async () => assets },
    ledgerAccountOf: async (address) => (address === insurance ? 'house:insurance' : address),
  });
  return { ...where, consumer: 'chain-facts', facts: sourceOf(story), work: [work] };
};
const follow = () => followFacts(followerOf(memory.client));
const shown = async (account = alice) =>
  (
    await chainDepositsOf({ client: memory.client, table: 'chain' }, account, {
      limit: 50,
      oldest: true,
    })
  ).deposits.map(({ transactionHash, logIndex, status, units }) => ({
    at: `${Number(transactionHash)}:${logIndex}`,
    status,
    ...(units === undefined ? {} : { units }),
  }));
const balance = async (account = alice): Promise<bigint> => {
  const ledger = createLedgerStore({ client: memory.client, table: 'ledger' });
  return (await ledger.balances(account)).find(({ asset }) => asset === 'ETH')?.available ?? 0n;
};
const dust = () => memory.items.item('chain', chainKeys.allDust('ETH'))?.['atoms'] ?? 0n;
const ethOf = (atoms: bigint, tx: number, logIndex = 0, account = alice) =>
  depositLog({ account, asset: token, atoms }, { transactionHash: hash(tx), logIndex });

beforeEach(() => {
  memory = memoryTable();
  story = chainStory();
  [dying, calls] = [Number.POSITIVE_INFINITY, 0];
});

describe('a deposit', () => {
  test('is pending while its block may be taken back, and credited once when it may not', async () => {
    const number = story.block([ethOf(5n * unit, 1)]);
    story.block();
    await follow();
    expect(await shown()).toEqual([{ at: '1:0', status: 'pending' }]);
    expect(await balance()).toBe(0n);
    story.finalize(number);
    story.block();
    await follow();
    await follow();
    expect(await shown()).toEqual([{ at: '1:0', status: 'credited', units: 5n }]);
    expect(await balance()).toBe(5n);
  });

  test('that a reorganization takes away is never credited', async () => {
    story.block();
    story.block([ethOf(5n * unit, 1)]);
    story.reorg(1);
    story.block();
    story.block();
    story.finalize(3);
    await follow();
    expect(await shown()).toEqual([{ at: '1:0', status: 'reorged' }]);
    expect(await balance()).toBe(0n);
  });

  test('that was credited, and comes again after a deep reorg, is not credited twice', async () => {
    story.block();
    story.finalize(story.block([ethOf(5n * unit + 3n, 1)]));
    await follow();
    story.reorg(1);
    story.block([ethOf(5n * unit + 3n, 1), ethOf(2n * unit, 2, 1)]);
    await follow();
    expect((await shown()).map(({ status }) => status)).toEqual(['credited', 'pending']);
    story.finalize(2);
    await follow();
    expect((await shown()).map(({ status }) => status)).toEqual(['credited', 'credited']);
    expect(await balance()).toBe(7n);
    expect(dust()).toBe(3n);
  });

  test('mined again at the same place is the same deposit, at another place another one', async () => {
    story.block();
    story.block([ethOf(5n * unit, 1), ethOf(7n * unit, 2, 1)]);
    story.reorg(1);
    await follow();
    expect((await shown()).map(({ status }) => status)).toEqual(['reorged', 'reorged']);
    story.block([ethOf(7n * unit, 2, 0)]);
    story.block([ethOf(5n * unit, 1)]);
    await follow();
    story.finalize(3);
    await follow();
    expect(await shown()).toEqual([
      { at: '1:0', status: 'credited', units: 5n },
      { at: '2:0', status: 'credited', units: 7n },
      { at: '2:1', status: 'reorged' },
    ]);
    expect(await balance()).toBe(12n);
  });

  test('carries what is less than a unit to the next one, to the atom', async () => {
    story.block([ethOf(unit / 2n, 1), ethOf(unit - 1n, 2, 1), ethOf(unit / 2n + 1n, 3, 2)]);
    story.finalize(1);
    await follow();
    expect(await shown()).toEqual([
      { at: '1:0', status: 'dust', units: 0n },
      { at: '2:1', status: 'credited', units: 1n },
      { at: '3:2', status: 'credited', units: 1n },
    ]);
    expect(await balance()).toBe(2n);
    expect(dust()).toBe(0n);
    story.block([ethOf(3n * unit + 7n, 4)]);
    story.finalize(2);
    await follow();
    expect([await balance(), dust()]).toEqual([5n, 7n]);
  });
});

describe('a deposit that is unlike others', () => {
  test('of a token that is not listed stays in the vault and is shown as such', async () => {
    const other = depositLog(
      { account: alice, asset: 77n, atoms: 1n },
      { transactionHash: hash(1), logIndex: 0 },
    );
    story.block([other]);
    story.finalize(1);
    await follow();
    expect(await shown()).toEqual([{ at: '1:0', status: 'unknown_asset' }]);
    expect(await balance()).toBe(0n);
  });

  test('of another contract than the vault is none', async () => {
    story.block([{ ...ethOf(5n * unit, 1), address: `0x${'bad0'.repeat(10)}` }]);
    story.finalize(1);
    await follow();
    expect(await shown()).toEqual([]);
  });

  test("to the insurance account is the house's", async () => {
    story.block([ethOf(5n * unit, 1, 0, insurance)]);
    story.finalize(1);
    await follow();
    expect(await balance('house:insurance')).toBe(5n);
  });

  test('among hundreds in a block, told in several facts, is kept like each of the others', async () => {
    const logs = Array.from({ length: 95 }, (_, n) => ethOf(unit, n + 1, n));
    const number = story.block(logs.slice(0, 50));
    const [told] = story.facts;
    if (told?.fact.type !== 'block') throw new Error('the first fact is no block');
    story.facts.push({ number: 2, fact: { ...told.fact, logs: logs.slice(50) } });
    story.finalize(number);
    await follow();
    expect(await balance()).toBe(95n);
  });
});

describe('who follows facts', () => {
  const tell = () => {
    story.block([ethOf(5n * unit + 3n, 1)]);
    story.block([ethOf(7n * unit, 2), ethOf(unit - 3n, 3, 1)]);
    story.reorg(1);
    story.block([ethOf(7n * unit, 2)]);
    story.finalize(1);
    story.block();
    story.finalize(3);
  };

  test('credits the same whichever of its calls it dies at, before or after it', async () => {
    tell();
    await follow();
    const wanted = { balance: await balance(), dust: dust(), shown: await shown() };
    expect(wanted).toMatchObject({ balance: 12n, dust: 3n });
    for (const isAfter of [false, true])
      for (dying = 1; ; dying += 1) {
        memory = memoryTable();
        calls = 0;
        const died = await followFacts(followerOf(mortal(memory.client, isAfter))).then(
          () => false,
          () => true,
        );
        await follow();
        expect({ balance: await balance(), dust: dust(), shown: await shown() }).toEqual(wanted);
        if (!died) break;
      }
  });

  test('and a rival at the same time credit together what one of them would', async () => {
    tell();
    await Promise.all([follow(), follow(), follow()]);
    await follow();
    expect([await balance(), dust()]).toEqual([12n, 3n]);
    const cursor = await readFactCursor(followerOf(memory.client));
    expect(cursor).toMatchObject({ fact: 7, headNumber: 3, finalNumber: 3 });
  });
});
