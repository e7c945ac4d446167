/** Whose place insurance takes, against a vault in memory that rejects what the contract rejects. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Insured,
  movedBy,
  type SettlingTrade,
  tradesOfContent,
} from '#cloud/settlement-content.ts';
import { type Prediction, predict } from '#cloud/settlement-predict.ts';
import type { BatchOrder, SettlementBatch } from '#wire/settlement-batch.ts';
import type { FillOutcome } from '#wire/settlement-calldata.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 200);
const users = ['0xa', '0xb', '0xc', '0xd'];
const insurance = 'insurance';
const asset = (id: string, chainAsset: string) => ({
  ...{ id, decimals: 0, chainDecimals: 0, chainAsset },
});
const assets = new Map([
  ['ETH', asset('ETH', '0x1')],
  ['USDC', asset('USDC', '0x2')],
]);

type Balances = Map<string, bigint>;
const add = (balances: Balances, account: string, name: string, units: bigint) =>
  balances.set(`${account} ${name}`, (balances.get(`${account} ${name}`) ?? 0n) + units);
const has = (balances: Balances, account: string, name: string) =>
  balances.get(`${account} ${name}`) ?? 0n;

/** What the contract says of a batch, and what it moves. */
function settleOn(vault: Balances, batch: SettlementBatch, cancelled: ReadonlySet<string>) {
  const outcomes: FillOutcome[] = batch.fills.map((fill) => {
    const sides = (['maker', 'taker'] as const).map((side) => {
      const order = batch.orders[fill[side]] as BatchOrder;
      const isSeller = order.signed.side === 1;
      const fee = side === 'maker' ? fill.makerFeeAtoms : fill.takerFeeAtoms;
      const isInsured = fill.insured === side;
      return {
        ...{ side, isInsured, account: isInsured ? insurance : order.signed.account },
        isCancelled: !isInsured && cancelled.has(order.digest),
        base: isSeller ? -fill.baseAtoms : fill.baseAtoms,
        quote: (isSeller ? fill.quoteAtoms : -fill.quoteAtoms) - fee,
      };
    });
    for (const { side, isCancelled } of sides)
      if (isCancelled) return { reason: 'order_cancelled', side };
    for (const { side, account, base, quote } of sides)
      if (has(vault, account, 'ETH') + base < 0n || has(vault, account, 'USDC') + quote < 0n)
        return { reason: 'balance_too_low', side };
    for (const { account, base, quote } of sides) {
      add(vault, account, 'ETH', base);
      add(vault, account, 'USDC', quote);
    }
    add(vault, 'fees', 'USDC', fill.makerFeeAtoms + fill.takerFeeAtoms);
    return { reason: 'settled' };
  });
  return outcomes;
}

type Story = {
  trades: SettlingTrade[];
  cancelled: Set<string>;
  drained: string | undefined;
  vault: Balances;
  ledger: Balances;
};

/** Trades that the ledger can pay, of which some cannot settle: orders that were cancelled, or an account that left. */
function tell(seed: number): Story {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
  const ledger: Balances = new Map();
  for (const user of users)
    for (const name of assets.keys()) add(ledger, user, name, BigInt(random(30)));
  const vault = new Map(ledger);
  const trades: SettlingTrade[] = [];
  for (let sequence = 1; sequence <= 30; sequence += 1) {
    const maker = users[random(4)] as string;
    const taker = users.filter((user) => user !== maker)[random(3)] as string;
    const takerSide = random(2) === 0 ? 'buy' : 'sell';
    const [buyer, seller] = takerSide === 'buy' ? [taker, maker] : [maker, taker];
    const baseUnits = random(Number(has(ledger, seller, 'ETH')) + 1);
    const quoteUnits = random(Number(has(ledger, buyer, 'USDC')) + 1);
    if (baseUnits === 0 || quoteUnits < 4) continue;
    const [makerFeeUnits, takerFeeUnits] = [0, buyer === taker ? 0 : 1];
    const trade: SettlingTrade = {
      ...{ groupId: 'g', sequence, marketId: 'ETH-USDC', baseUnits, quoteUnits, takerSide },
      ...{ makerDigest: `${maker}-${takerSide === 'buy' ? 1 : 0}-${random(3)}` },
      ...{ takerDigest: `${taker}-${takerSide === 'buy' ? 0 : 1}-${random(3)}` },
      ...{ makerAccount: maker, takerAccount: taker, makerFeeUnits, takerFeeUnits },
    };
    trades.push(trade);
    for (const side of ['maker', 'taker'] as const)
      for (const move of movedBy(trade, side).moves)
        add(ledger, movedBy(trade, side).account, move.asset, move.units);
    add(ledger, 'fees', 'USDC', BigInt(makerFeeUnits + takerFeeUnits));
  }
  const digests = trades.flatMap(({ makerDigest, takerDigest }) => [makerDigest, takerDigest]);
  const cancelled = new Set(random(2) === 0 ? [] : [digests[random(digests.length)] ?? '']);
  const drained = random(2) === 0 ? undefined : users[random(4)];
  return { trades, cancelled, drained, vault, ledger };
}

async function predictOn(story: Story, vault: Balances, known = new Map<number, Insured>()) {
  const content = { transfers: [], repairs: [], trades: story.trades };
  let last: SettlementBatch | undefined;
  const prediction: Prediction = await predict(
    { batchId: 1, matchedThroughMs: 0 },
    content,
    known,
    {
      assets,
      orderOf: (digest) => {
        const [account = '', side = ''] = digest.split('-');
        return { digest, signed: { account, side: Number(side) }, signature: '' } as BatchOrder;
      },
      outcomes: async (batch) => {
        last = batch;
        return settleOn(new Map(vault), batch, story.cancelled);
      },
    },
  );
  return { prediction, content, last };
}

test('a batch settles whole, only those at fault are insured, and after taking back the ledger is the vault', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
      const story = tell(seed);
      const { vault, ledger, drained, cancelled } = story;
      for (const name of assets.keys()) {
        add(vault, insurance, name, 1_000_000n);
        add(ledger, insurance, name, 1_000_000n);
        if (drained === undefined) continue;
        const left = has(vault, drained, name);
        add(vault, drained, name, -left);
        // The exit is booked too: what its owner traded with is no longer his.
        add(ledger, drained, name, -left);
      }
      const { prediction, content } = await predictOn(story, vault);
      if (prediction.status !== 'settles') throw new Error(prediction.status);
      const atFault = new Set([...cancelled].map((digest) => digest.split('-')[0]));
      if (drained) atFault.add(drained);
      const trades = tradesOfContent(content);
      for (const [at, side] of prediction.insured)
        for (const each of side === 'both' ? (['maker', 'taker'] as const) : [side]) {
          const { account, moves } = movedBy(trades[at] as SettlingTrade, each);
          expect(atFault).toContain(account);
          for (const { asset: name, units } of moves) {
            add(ledger, account, name, -units);
            add(ledger, insurance, name, units);
          }
        }
      const outcomes = settleOn(vault, prediction.built.batch, cancelled);
      expect(outcomes.every(({ reason }) => reason === 'settled')).toBe(true);
      for (const user of users)
        for (const name of assets.keys())
          expect(has(vault, user, name)).toBe(has(ledger, user, name));
      // A fill of nobody leaves its fee in the house.
      const houseOf = (of: Balances) => has(of, insurance, 'USDC') + has(of, 'fees', 'USDC');
      expect(houseOf(vault)).toBe(houseOf(ledger));
    }),
    { numRuns: runs },
  ));

test('where insurance has nothing the fill waits instead of falling to its innocent side', async () => {
  let waited = 0;
  for (let seed = 1; seed < 60; seed += 1) {
    const story = tell(seed * 7_919);
    if (story.cancelled.size === 0 || story.drained) continue;
    const { prediction } = await predictOn(story, story.vault);
    if (prediction.status === 'insurance_too_low') waited += 1;
    else expect([...prediction.insured.values()]).not.toContain('both');
  }
  expect(waited).toBeGreaterThan(0);
});

test('what was insured stays insured when the same batch is predicted again', async () => {
  const story = tell(4_711);
  add(story.vault, insurance, 'ETH', 1_000_000n);
  add(story.vault, insurance, 'USDC', 1_000_000n);
  const known = new Map<number, Insured>([[0, 'taker']]);
  const { prediction } = await predictOn(story, story.vault, known);
  expect(prediction.status === 'settles' && prediction.insured.get(0)).toBe('taker');
});
