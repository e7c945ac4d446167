/**
 * Follows an account's transactions along the chain, in the order of their nonces: finds where they were mined, sees when
 * that is taken back, broadcasts what no node has, offers more for what is stuck. Every step may be the last one of this process, and
 * any number of processes may do it at once: each change is on condition that nobody else changed the same.
 */
import { assert } from '#domain/assertion.ts';
import { bumpedFees } from './fee-caps.ts';
import type { Rpc } from './rpc.ts';
import { isHeard, type Sending, told } from './transaction-sender-broadcast.ts';
import {
  balanceOf,
  blockAt,
  blockWithTransactions,
  nonceAt,
  type Receipt,
  receiptOf,
} from './transaction-sender-chain.ts';
import { costAtMost, signAgain } from './transaction-sender-sign.ts';
import type { SentRow } from './transaction-sender-store.ts';

/** Rows that a pass looks at: more than are ever on their way; the next pass goes on. */
const rowsPerPass = 1_000;
/** Nodes keep few transactions of one account (geth: 16 surely, 64 more that wait): further ones wait here. */
const broadcastsPerPass = 16;

/** The chain as this pass sees it. */
type Pass = {
  sending: Sending;
  address: string;
  head: number;
  /** The newest block that counts as final. */
  final: number;
  /** The first nonce that is not mined, and the first that the node does not even have waiting. */
  minedNonce: number;
  waitingNonce: number;
  hashAt(block: number): Promise<string | undefined>;
  left: number;
};

export async function follow(sending: Sending): Promise<void> {
  const address = await sending.signer.address();
  const nonces = await sending.store.nonces(address);
  if (!nonces || nonces.next === nonces.done) return;
  const pass = await startPass(sending, address);
  // What the chain lost although it was final must be sent again, or everything behind it waits for ever.
  const from = Math.min(nonces.done, pass.minedNonce);
  const rows = await sending.store.rowsFrom(address, from, rowsPerPass);
  let before: SentRow | undefined;
  let done = nonces.done;
  for (const row of rows) {
    const now = await followRow(pass, row, before);
    if (isFinal(now) && now.nonce === done) done += 1;
    before = now;
  }
  if (done > nonces.done) await sending.store.raiseDone(address, done);
}

async function startPass(sending: Sending, address: string): Promise<Pass> {
  const { rpc, terms } = sending;
  // The nonces first: a block that comes between makes them look old, never new.
  const [minedNonce, waitingNonce] = await Promise.all([
    nonceAt(rpc, address, 'latest'),
    nonceAt(rpc, address, 'pending'),
  ]);
  const head = await blockAt(rpc, 'latest');
  assert(head, 'a chain without a head');
  const told = terms.finalizedTag ? await blockAt(rpc, 'finalized') : undefined;
  const hashes = new Map<number, Promise<string | undefined>>();
  return {
    ...{ sending, address, minedNonce, waitingNonce },
    head: head.number,
    final: Math.max(head.number - terms.confirmations, told?.number ?? -1),
    hashAt(block) {
      const known = hashes.get(block) ?? blockAt(rpc, block).then((found) => found?.hash);
      hashes.set(block, known);
      return known;
    },
    left: broadcastsPerPass,
  };
}

const isFinal = ({ status }: SentRow): boolean =>
  status === 'confirmed' || status === 'reverted' || status === 'taken';

/** Answers the row as it is then, as far as this process knows. */
async function followRow(pass: Pass, row: SentRow, before: SentRow | undefined): Promise<SentRow> {
  if (isFinal(row)) return keepFinal(pass, row);
  if (row.status === 'mined') return confirm(pass, row);
  if (row.nonce < pass.minedNonce) return findMined(pass, row);
  return push(pass, row, before);
}

/** Final stays final. Where the chain lost it all the same, its bytes are still here. */
async function keepFinal(pass: Pass, row: SentRow): Promise<SentRow> {
  if (row.nonce < pass.minedNonce) return row;
  const { sending } = pass;
  sending.report('confirmed_lost', { ...nameOf(row), reason: `the chain ends at ${pass.head}` });
  // The foreign one's bytes are not here: whoever holds the key has to send something under this nonce.
  if (row.status === 'taken' || row.nonce < pass.waitingNonce) return row;
  const found = await sending.store.find(row.id);
  if (found) await isHeard(sending, row, found.named.raw);
  return row;
}

async function confirm(pass: Pass, row: SentRow): Promise<SentRow> {
  const { mined } = row;
  assert(mined, `${row.id} is mined nowhere`);
  if ((await pass.hashAt(mined.blockNumber)) !== mined.blockHash) return findMined(pass, row);
  if (mined.blockNumber > pass.final) return row;
  const status = mined.isReverted ? 'reverted' : 'confirmed';
  return (await pass.sending.store.save(row, { ...row, status })) ?? row;
}

/** Looks for the receipt of any of its hashes. That the nonce is used says nothing: it may be somebody else's. */
async function findMined(pass: Pass, row: SentRow): Promise<SentRow> {
  const { sending } = pass;
  const receipt = await anyReceipt(sending.rpc, row);
  if (receipt) {
    const { hash, blockNumber, blockHash, isReverted } = receipt;
    const atMs = sending.clock.nowMs();
    const mined = { hash, blockNumber, blockHash, isReverted, atMs };
    const found = await sending.store.save(row, { ...row, status: 'mined', mined });
    return found ?? row;
  }
  if (row.status === 'mined') {
    // Its block is gone. Nodes keep what was in it waiting, as a rule; whoever does not gets it again.
    const { mined: _, ...rest } = row;
    const offeredAtMs = sending.clock.nowMs();
    const back = await sending.store.save(row, { ...rest, status: 'broadcast', offeredAtMs });
    return back ? push(pass, back, undefined) : row;
  }
  return isTaken(pass, row);
}

async function anyReceipt(rpc: Rpc, { hashes }: SentRow): Promise<Receipt | undefined> {
  for (const hash of hashes.toReversed()) {
    const receipt = await receiptOf(rpc, hash);
    if (receipt) return receipt;
  }
  return undefined;
}

/**
 * The nonce is used and none of our hashes has a receipt. Only what stands in a final block is proof: the transaction
 * there that has our account and this nonce. Then ours can never be mined, and goes on under another nonce.
 */
async function isTaken(pass: Pass, row: SentRow): Promise<SentRow> {
  const { sending, address } = pass;
  const { rpc, store } = sending;
  if (pass.final < 0 || (await nonceAt(rpc, address, pass.final)) <= row.nonce) return row;
  const foreign = await minedUnder(pass, row.nonce);
  if (foreign === undefined || row.hashes.includes(foreign)) return row;
  sending.report('nonce_taken', { ...nameOf(row), reason: `${foreign} is not ours` });
  const [nonces, found] = await Promise.all([store.nonces(address), store.find(row.id)]);
  if (!nonces || !found || found.row.nonce !== row.nonce) return row;
  const nonce = Math.max(nonces.next, await nonceAt(rpc, address, pass.final));
  const signed = await signAgain(sending, found.named.raw, { fees: row.fees, nonce });
  const nowMs = sending.clock.nowMs();
  const next: SentRow = {
    ...{ id: row.id, address, nonce, version: 1, status: 'prepared', fees: row.fees },
    ...{ hashes: [signed.hash], told: 0, preparedAtMs: row.preparedAtMs, offeredAtMs: nowMs },
  };
  if (!(await store.move(row, signed, next, nonces))) return row;
  await told(sending, next, signed.raw);
  return { ...row, status: 'taken' };
}

/** The hash of what was mined under our account's nonce, in a final block; undefined where the node does not say. */
async function minedUnder(pass: Pass, nonce: number): Promise<string | undefined> {
  const { sending, address, final } = pass;
  const { rpc } = sending;
  try {
    // Nodes forget old states: the search goes back from the newest final block in growing steps.
    let [low, high] = [final, final];
    for (let step = 1; low >= 0; step *= 2) {
      low = high - step;
      if (low < 0 || (await nonceAt(rpc, address, low)) <= nonce) break;
      high = low;
    }
    while (high - low > 1) {
      const middle = low + ((high - low) >> 1);
      if ((await nonceAt(rpc, address, middle)) <= nonce) low = middle;
      else high = middle;
    }
    const block = await blockWithTransactions(rpc, high);
    const isIt = (each: { from: string; nonce: string }) =>
      each.from.toLowerCase() === address && Number(each.nonce) === nonce;
    return block?.transactions.find(isIt)?.hash;
  } catch {
    // One that does not say must not hold up what else there is to follow; the next pass asks again.
    return undefined;
  }
}

/** Not mined: a node must have its newest bytes, and the first of all must not wait for ever. */
async function push(pass: Pass, row: SentRow, before: SentRow | undefined): Promise<SentRow> {
  const isHead = row.nonce === pass.minedNonce;
  if (isHead && isStuck(pass, row, before)) return bump(pass, row);
  const isWaiting = row.told === row.hashes.length && row.nonce < pass.waitingNonce;
  if (isWaiting || pass.left === 0) return row;
  pass.left -= 1;
  const found = await pass.sending.store.find(row.id);
  if (!found || found.row.version !== row.version) return row;
  if (row.told < row.hashes.length) return told(pass.sending, row, found.named.raw);
  await isHeard(pass.sending, row, found.named.raw);
  return row;
}

/** Since it was signed, and since the one before it was mined: what waits in the queue is not stuck. */
function isStuck({ sending }: Pass, row: SentRow, before: SentRow | undefined): boolean {
  const headSinceMs = before?.nonce === row.nonce - 1 ? (before.mined?.atMs ?? 0) : 0;
  const sinceMs = Math.max(row.offeredAtMs, headSinceMs);
  return sending.clock.nowMs() - sinceMs > sending.terms.stuckAfterSeconds * 1_000;
}

/** The same nonce with fees that nodes take for a replacement, stored before anybody hears of it. */
async function bump(pass: Pass, row: SentRow): Promise<SentRow> {
  const { sending, address } = pass;
  const { store, rpc, caps, clock } = sending;
  const found = await store.find(row.id);
  if (!found || found.row.version !== row.version) return row;
  const { raw } = found.named;
  const again = () =>
    told(sending, { ...row, told: Math.min(row.told, row.hashes.length - 1) }, raw);
  const cost = costAtMost(raw);
  const balance = await balanceOf(rpc, address);
  if (balance < cost) {
    // Who cannot pay this cannot pay more.
    sending.report('balance_too_low', { ...nameOf(row), reason: `${balance} of ${cost} wei` });
    return again();
  }
  const fees = bumpedFees(row.fees, await sending.market(), caps);
  if (!fees) {
    sending.report('caps_reached', { ...nameOf(row), reason: `${row.fees.maxFeeWei} wei a gas` });
    return again();
  }
  const signed = await signAgain(sending, raw, { fees });
  const hashes = [...row.hashes, signed.hash];
  const bumped = await store.sign(row, signed, {
    ...{ ...row, hashes, fees },
    offeredAtMs: clock.nowMs(),
  });
  return bumped ? told(sending, bumped, signed.raw) : row;
}

const nameOf = ({ id, nonce }: SentRow) => ({ id, nonce });
