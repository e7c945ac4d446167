/**
 * Sends transactions of one account, each once: its nonce and its signed bytes are stored in one conditional write before
 * any node hears of them, so whoever dies, and wherever, somebody else broadcasts the same bytes. What became of them is read
 * from the chain (`advance`).
 */
import { assert } from '#domain/assertion.ts';
import { type FeeMarket, feeCapsOf, feeMarket, openingFees } from './fee-caps.ts';
import type { SentTransaction, TransactionSender, WantedTransaction } from './send-transaction.ts';
import { createTurns } from './taking-turns.ts';
import { backOff } from './transaction.ts';
import { isMined, type SenderPorts, type Sending, told } from './transaction-sender-broadcast.ts';
import { balanceOf, estimateGas, nonceAt, tryCall } from './transaction-sender-chain.ts';
import { follow } from './transaction-sender-follow.ts';
import { contentHash, gasAtMost, signTransaction } from './transaction-sender-sign.ts';
import { createSentStore, type SentRow, sentOf } from './transaction-sender-store.ts';

export type SenderState = {
  /** How long the oldest transaction that is not mined has been there; 0 where all are. */
  oldestUnminedMs: number;
  unmined: number;
  balanceAtoms: bigint;
  /** How many transactions of a whole batch's gas the balance pays for, at what is offered now. */
  batchesCovered: number;
};

export type FollowedSender = TransactionSender & { state(): Promise<SenderState> };

/** A rival at the nonce wins each race that this one loses: so many rivals at once are never there. */
const racesAtMost = 100;
/** Half a second of blocks is no news of fees. */
const marketMs = 500;
const rowsCounted = 1_000;

export function createTransactionSender(ports: SenderPorts): FollowedSender {
  const sending: Sending = {
    ...ports,
    store: createSentStore(ports),
    caps: feeCapsOf(ports.terms),
    market: rememberedMarket(ports),
  };
  // Within a process nobody races for a nonce, so that nothing is signed in vain.
  const turns = createTurns();
  return {
    address: () => ports.signer.address(),
    send: (wanted) => send(sending, wanted, (work) => turns.take(['nonce'], work)),
    async find(id) {
      const found = await sending.store.find(id);
      return found && sentOf(found.row);
    },
    advance: () => follow(sending),
    state: () => stateOf(sending),
  };
}

type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

async function send(
  sending: Sending,
  wanted: WantedTransaction,
  inTurn: InTurn,
): Promise<SentTransaction> {
  const hash = contentHash(wanted);
  const known = await storedAs(sending, wanted.id, hash);
  if (known) return sentOf(await told(sending, known.row, known.raw));
  const gasLimit = await simulate(sending, wanted);
  const { row, raw } = await inTurn(() => prepare(sending, wanted, { hash, gasLimit }));
  return sentOf(await told(sending, row, raw));
}

async function storedAs({ store }: Sending, id: string, hash: string) {
  const found = await store.find(id);
  if (!found) return undefined;
  assert(found.named.contentHash === hash, `${id} was asked for before with another content`);
  return { row: found.row, raw: found.named.raw };
}

/**
 * The gas to allow. Whoever gives it has simulated: the chain's head knows nothing of what is still on its way, so a
 * transaction that builds on another one would fail there. Where nothing is on its way it is tried all the same.
 */
async function simulate(sending: Sending, wanted: WantedTransaction): Promise<bigint> {
  const { rpc, signer, store } = sending;
  const { id, to, data, valueAtoms = 0n, gasLimit } = wanted;
  const from = await signer.address();
  const call = { from, to, data, valueAtoms };
  if (gasLimit === undefined) {
    const estimated = await estimateGas(rpc, id, call);
    // A fifth more: what it takes depends on what is mined before it.
    const allowed = estimated + estimated / 5n;
    return allowed < gasAtMost ? allowed : gasAtMost;
  }
  const nonces = await store.nonces(from);
  const isAlone = !nonces || nonces.next === (await nonceAt(rpc, from, 'latest'));
  if (isAlone) await tryCall(rpc, id, { ...call, gasLimit });
  return gasLimit;
}

/** Stores it under the next nonce. Whoever loses the race for a nonce signs again for the one after it. */
async function prepare(
  sending: Sending,
  wanted: WantedTransaction,
  { hash, gasLimit }: { hash: string; gasLimit: bigint },
): Promise<{ row: SentRow; raw: Uint8Array }> {
  const { store, signer, rpc, caps, clock } = sending;
  const address = await signer.address();
  for (let tried = 1; tried <= racesAtMost; tried += 1) {
    const nonces = await store.nonces(address);
    if (!nonces) {
      await store.begin(address, await nonceAt(rpc, address, 'pending'));
      continue;
    }
    const nonce = nonces.next;
    const fees = openingFees(await sending.market(), caps);
    const signed = await signTransaction(sending, wanted, { nonce, gasLimit, fees });
    const nowMs = clock.nowMs();
    const row: SentRow = {
      ...{ id: wanted.id, address, nonce, version: 1, status: 'prepared' },
      ...{ hashes: [signed.hash], told: 0, fees, preparedAtMs: nowMs, offeredAtMs: nowMs },
    };
    if (await store.prepare(row, signed, hash)) return { row, raw: signed.raw };
    // Refused may also mean that a lost answer was ours, or that somebody else was asked for the same.
    const known = await storedAs(sending, wanted.id, hash);
    if (known) return known;
    await backOff(Math.min(tried, 4));
  }
  throw new Error(`${wanted.id} lost ${racesAtMost} races for a nonce`);
}

function rememberedMarket({ rpc, clock }: SenderPorts): () => Promise<FeeMarket> {
  let known: { market: Promise<FeeMarket>; untilMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (known && nowMs < known.untilMs) return known.market;
    const market = feeMarket(rpc);
    known = { market, untilMs: nowMs + marketMs };
    market.catch(() => {
      known = undefined;
    });
    return market;
  };
}

async function stateOf(sending: Sending): Promise<SenderState> {
  const { store, rpc, signer, clock, caps, terms } = sending;
  const address = await signer.address();
  const nonces = await store.nonces(address);
  const open = nonces && nonces.next > nonces.done;
  const rows = open ? await store.rowsFrom(address, nonces.done, rowsCounted) : [];
  const unmined = rows.filter((row) => !isMined(row));
  const oldest = unmined[0]?.preparedAtMs;
  const balanceAtoms = await balanceOf(rpc, address);
  const { maxFeeWei } = openingFees(await sending.market(), caps);
  const batchWei = BigInt(terms.batchGas) * (maxFeeWei > 0n ? maxFeeWei : 1n);
  return {
    oldestUnminedMs: oldest === undefined ? 0 : Math.max(0, clock.nowMs() - oldest),
    unmined: unmined.length,
    balanceAtoms,
    batchesCovered: Number(balanceAtoms / batchWei),
  };
}
