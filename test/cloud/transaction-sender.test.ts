/** The transaction sender against a chain and a table in memory, one thing at a time. */
import { id as digestOf, hexlify, toUtf8Bytes, toUtf8String } from 'ethers';
import { beforeEach, expect, test } from 'vitest';
import { bumpedFees, type Fees, feeCapsOf, openingFees } from '#cloud/fee-caps.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import { type Rpc, RpcError } from '#cloud/rpc.ts';
import { WouldRevert } from '#cloud/send-transaction.ts';
import { createTransactionSender } from '#cloud/transaction-sender.ts';
import { answerOf } from '#cloud/transaction-sender-chain.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { address, senderTerms, table } from '../simulation/simulate-sender.ts';
import { SimulatedChain } from '../simulation/simulated-chain.ts';
import { SimulatedTable } from '../simulation/simulated-table.ts';

const to = '0x2222222222222222222222222222222222222222';
const wanted = (id: string) => ({ id, to, data: hexlify(toUtf8Bytes(id)) });

let chain: SimulatedChain;
let store: SimulatedTable;
let nowMs: number;
let incidents: string[];
/** How many calls there were, and which of them is the last of its process. */
let calls: { count: number; last: number };

beforeEach(() => {
  chain = new SimulatedChain(address);
  store = new SimulatedTable();
  nowMs = 1_800_000_000_000;
  incidents = [];
  calls = { count: 0, last: Number.POSITIVE_INFINITY };
});

class Died extends Error {}

/** `when`: whether the last call still does what it should. */
function senderOf({ when = 'after' as 'before' | 'after', terms = senderTerms } = {}) {
  const live = <T>(run: () => T): T => {
    calls.count += 1;
    if (calls.count > calls.last) throw new Died();
    if (calls.count < calls.last) return run();
    if (when === 'after') run();
    throw new Died();
  };
  const signer = createLocalSigner(digestOf('a key'));
  return createTransactionSender({
    client: { send: async (command: unknown) => live(() => store.run(command)) } as never,
    table,
    rpc: { request: async (method, params) => live(() => chain.request(method, params)) },
    signer: { ...signer, address: async () => address },
    chainId: 1,
    terms,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    report: (incident, { id }) => incidents.push(`${incident} ${id}`),
  });
}

/** Blocks pass, and the sender follows each. */
async function blocks(count: number, sender = senderOf()): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    chain.mine();
    nowMs += 2_000;
    await sender.advance();
  }
}

const minedIds = () =>
  chain.mined().map(({ data }) => (data === 'foreign' ? data : toUtf8String(data)));

test('a transaction is stored with its bytes before any node hears of it', async () => {
  const heard: boolean[] = [];
  const request: Rpc['request'] = async (method, params) => {
    if (method === 'eth_sendRawTransaction') {
      const item = store.item(table, chainKeys.transaction('one'));
      heard.push(hexlify(item?.['raw'] as Uint8Array) === params[0]);
    }
    return chain.request(method, params);
  };
  const direct = createTransactionSender({
    client: { send: async (command: unknown) => store.run(command) } as never,
    ...{ table, rpc: { request }, chainId: 1, terms: senderTerms },
    signer: { ...createLocalSigner(digestOf('a key')), address: async () => address },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    report: () => undefined,
  });
  const sent = await direct.send(wanted('one'));
  expect(heard).toEqual([true]);
  expect(sent).toMatchObject({ id: 'one', nonce: 0, status: 'broadcast' });
});

test('the same id is the same transaction, however often it is asked for', async () => {
  const sender = senderOf();
  const [first, second] = await Promise.all([
    sender.send(wanted('one')),
    sender.send(wanted('one')),
  ]);
  expect(second.hashes).toEqual(first.hashes);
  await blocks(2);
  await senderOf().send(wanted('one'));
  await blocks(10);
  expect(minedIds()).toEqual(['one']);
  expect(await sender.find('one')).toMatchObject({
    status: 'confirmed',
    minedHash: first.hashes[0],
  });
});

test('an id that was asked for with another content is a bug, not a transaction', async () => {
  const sender = senderOf();
  await sender.send(wanted('one'));
  await expect(sender.send({ ...wanted('one'), data: '0x1234' })).rejects.toThrow(
    'another content',
  );
  expect(await sender.find('two')).toBeUndefined();
});

test('what would revert uses no nonce and leaves nothing behind', async () => {
  chain.reverts = (data) => toUtf8String(data) === 'bad';
  const sender = senderOf();
  const failed = await sender.send(wanted('bad')).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(WouldRevert);
  expect(failed).toMatchObject({ data: '0x08c379a0' });
  expect(store.items(table).size).toBe(0);
  await expect(sender.send({ ...wanted('bad'), gasLimit: 50_000n })).rejects.toThrow(WouldRevert);
  expect(await sender.send(wanted('good'))).toMatchObject({ nonce: 0 });
});

test('what builds on a transaction that is still on its way is not tried at the head', async () => {
  const sender = senderOf();
  await sender.send(wanted('one'));
  chain.reverts = (data) => toUtf8String(data) === 'two' && chain.mined().length === 0;
  expect(await sender.send({ ...wanted('two'), gasLimit: 50_000n })).toMatchObject({ nonce: 1 });
  await blocks(10);
  expect(await sender.find('two')).toMatchObject({ status: 'confirmed' });
});

test('wherever a process dies, the next one ends its work, and nothing is sent twice', async () => {
  let longest = 0;
  for (const when of ['before', 'after'] as const)
    for (let last = 1; last <= 40; last += 1) {
      chain = new SimulatedChain(address);
      store = new SimulatedTable();
      calls = { count: 0, last };
      const dying = senderOf({ when });
      const story = async () => {
        await dying.send(wanted('one'));
        await dying.send(wanted('two'));
        await blocks(8, dying);
      };
      const ended = await story().catch((error: unknown) => error);
      if (ended !== undefined && !(ended instanceof Died)) throw ended;
      longest = Math.max(longest, calls.count);
      calls = { count: 0, last: Number.POSITIVE_INFINITY };
      const heir = senderOf();
      for (const id of ['one', 'two']) await heir.send(wanted(id));
      await blocks(10, heir);
      expect(minedIds().toSorted()).toEqual(['one', 'two']);
      for (const id of ['one', 'two'])
        expect(await heir.find(id)).toMatchObject({ status: 'confirmed' });
    }
  expect(longest).toBeGreaterThanOrEqual(40);
});

test('the head of the queue that is stuck offers an eighth more at least, and keeps all its hashes', async () => {
  const sender = senderOf();
  const {
    hashes: [first],
  } = await sender.send(wanted('one'));
  await sender.send(wanted('two'));
  chain.baseFee = 500_000_000_000n;
  await blocks(7);
  const bumped = await sender.find('one');
  expect(bumped?.hashes.length).toBeGreaterThan(1);
  expect(bumped?.hashes[0]).toBe(first);
  // What waits behind it is not stuck.
  expect((await sender.find('two'))?.hashes).toHaveLength(1);
  const raws = [first, bumped?.hashes.at(-1)];
  expect(new Set(raws).size).toBe(2);
  await blocks(40);
  expect(minedIds()).toEqual(['one', 'two']);
  expect(await sender.find('two')).toMatchObject({ status: 'confirmed' });
});

test('where the caps forbid more, the transaction waits, says so, and is mined when fees fall', async () => {
  const terms = { ...senderTerms, maxFeePerGasWei: '25000000000' };
  const sender = senderOf({ terms });
  await sender.send(wanted('one'));
  chain.baseFee = 100_000_000_000n;
  await blocks(40, sender);
  expect(incidents).toContain('caps_reached one');
  const { hashes = [] } = (await sender.find('one')) ?? {};
  expect(hashes.length).toBeLessThan(4);
  chain.baseFee = 1_000_000_000n;
  await blocks(10, sender);
  expect(await sender.find('one')).toMatchObject({ status: 'confirmed' });
});

test('an account that cannot pay is told of, and pays when it can', async () => {
  const sender = senderOf();
  chain.balance = 1n;
  await sender.send(wanted('one'));
  await blocks(10);
  expect(incidents).toContain('balance_too_low one');
  expect(await sender.find('one')).toMatchObject({ status: 'prepared' });
  expect((await sender.state()).batchesCovered).toBe(0);
  chain.balance = 10n ** 24n;
  await blocks(10);
  expect(await sender.find('one')).toMatchObject({ status: 'confirmed' });
});

test('a transaction whose block is taken back is mined again, and confirmed only when that is final', async () => {
  const sender = senderOf();
  await sender.send(wanted('one'));
  await blocks(1);
  expect(await sender.find('one')).toMatchObject({ status: 'mined', blockNumber: 1 });
  chain.reorg(1, () => false);
  await sender.advance();
  expect(await sender.find('one')).toMatchObject({ status: 'broadcast' });
  await blocks(senderTerms.confirmations);
  expect(await sender.find('one')).toMatchObject({ status: 'mined', blockNumber: 3 });
  await blocks(1);
  expect(await sender.find('one')).toMatchObject({ status: 'confirmed', blockNumber: 3 });
});

test('a node that lost what was waiting, or blocks that were final, gets the same bytes again', async () => {
  const sender = senderOf();
  await sender.send(wanted('one'));
  await blocks(10);
  await sender.send(wanted('two'));
  chain.forgetPool();
  chain.reorg(11, () => false);
  await blocks(10);
  expect(minedIds()).toEqual(['one', 'two']);
  expect(incidents).toContain('confirmed_lost one');
  expect(await sender.find('one')).toMatchObject({ status: 'confirmed' });
});

test("a nonce that somebody else's transaction used is told of, and ours goes on under the next one", async () => {
  const sender = senderOf();
  await sender.send(wanted('one'));
  await sender.send(wanted('two'));
  chain.forgetPool();
  chain.mineForeign(1);
  await sender.advance();
  // Not before it is final: the foreign one may be taken back.
  expect(incidents).toEqual([]);
  expect(await sender.find('one')).toMatchObject({ nonce: 0, status: 'broadcast' });
  await blocks(12);
  expect(incidents).toEqual(['nonce_taken one']);
  expect(await sender.find('one')).toMatchObject({ nonce: 2, status: 'confirmed' });
  expect(
    minedIds()
      .filter((id) => id !== 'foreign')
      .toSorted(),
  ).toEqual(['one', 'two']);
});

test('a foreign transaction that the chain takes back leaves ours its nonce', async () => {
  const sender = senderOf();
  await sender.send(wanted('one'));
  chain.forgetPool();
  chain.mineForeign(1);
  await sender.advance();
  chain.reorg(1, () => false);
  await blocks(10);
  expect(incidents).toEqual([]);
  expect(await sender.find('one')).toMatchObject({ nonce: 0, status: 'confirmed' });
});

test('what was mined and failed is reverted when it is final', async () => {
  const sender = senderOf();
  await sender.send(wanted('one'));
  chain.reverts = () => true;
  await blocks(10);
  expect(await sender.find('one')).toMatchObject({ status: 'reverted' });
});

test('the state tells how long the oldest one waits, and how many batches the balance pays for', async () => {
  const sender = senderOf();
  expect(await sender.state()).toMatchObject({ oldestUnminedMs: 0, unmined: 0 });
  await sender.send(wanted('one'));
  await sender.send(wanted('two'));
  nowMs += 5_000;
  expect(await sender.state()).toMatchObject({ oldestUnminedMs: 5_000, unmined: 2 });
  await blocks(1);
  const { unmined, batchesCovered } = await sender.state();
  expect(unmined).toBe(0);
  expect(batchesCovered).toBeGreaterThan(1_000_000);
});

test.each([
  ['taken', 'already known'],
  ['taken', 'AlreadyKnown'],
  ['taken', 'INTERNAL_ERROR: existing tx with same hash'],
  ['taken', 'Known transaction'],
  ['taken', 'transaction already imported'],
  ['taken', 'Transaction with the same hash was already imported.'],
  ['nonce_used', 'nonce too low: address 0x12, tx: 5 state: 7'],
  ['nonce_used', 'OldNonce, Current nonce: 7, nonce of rejected tx: 5'],
  ['nonce_used', 'Transaction nonce is too low. Try incrementing the nonce.'],
  ['replacement_underpriced', 'replacement transaction underpriced'],
  ['replacement_underpriced', 'INTERNAL_ERROR: could not replace existing tx'],
  ['replacement_underpriced', 'ReplacementNotAllowed'],
  ['underpriced', 'transaction underpriced: gas tip cap 0, minimum needed 1000000'],
  ['underpriced', 'FeeTooLow, MaxFeePerGas too low'],
  ['underpriced', 'max fee per gas less than block base fee'],
  ['balance_too_low', 'insufficient funds for gas * price + value: balance 0'],
  ['balance_too_low', 'InsufficientFunds, Balance is 0'],
  ['refused', 'exceeds block gas limit'],
] as const)('%s is what a node means by "%s"', (meant, words) => {
  expect(answerOf(new RpcError(-32000, words))).toBe(meant);
});

test('fees follow the market within the caps, and a bump raises both or none', () => {
  const caps = feeCapsOf({
    ...senderTerms,
    maxFeePerGasWei: '1000',
    maxPriorityFeePerGasWei: '100',
  });
  const market = { baseFeeWei: 200n, tipWei: 30n, blockNumber: 1 };
  const opening = openingFees(market, caps);
  expect(opening).toEqual({ maxFeeWei: 430n, tipWei: 30n });
  let fees: Fees | undefined = opening;
  for (let before = opening; fees; fees = bumpedFees(before, market, caps)) {
    if (fees === before) continue;
    expect(fees.maxFeeWei * 8n).toBeGreaterThanOrEqual(before.maxFeeWei * 9n);
    expect(fees.tipWei * 8n).toBeGreaterThanOrEqual(before.tipWei * 9n);
    expect(fees.maxFeeWei).toBeLessThanOrEqual(1_000n);
    before = fees;
  }
  expect(bumpedFees({ maxFeeWei: 300n, tipWei: 95n }, market, caps)).toBeUndefined();
  expect(bumpedFees({ maxFeeWei: 950n, tipWei: 30n }, market, caps)).toBeUndefined();
  const risen = { baseFeeWei: 400n, tipWei: 60n, blockNumber: 2 };
  expect(bumpedFees(opening, risen, caps)).toEqual({ maxFeeWei: 860n, tipWei: 60n });
  expect(openingFees({ ...market, baseFeeWei: 5_000n }, caps).maxFeeWei).toBe(1_000n);
});
