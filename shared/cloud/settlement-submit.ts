/**
 * Sends planned batches, one after the other by their numbers; several may be on their way. What is sent is written first, so that
 * whoever goes on after a death sends the same.
 */
import { keccak256 } from 'ethers';
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import type { SettlementBatch } from '#wire/settlement-batch.ts';
import type { FillOutcome } from '#wire/settlement-calldata.ts';
import { type TransactionSender, WouldRevert } from './send-transaction.ts';
import {
  type BatchRow,
  type BatchWhere,
  batchesBehind,
  batchTransaction,
  calldataOf,
  contentOf,
  markSubmitted,
  prepareBatch,
  tryAgain,
} from './settlement-batches.ts';
import type { SettlementChain } from './settlement-chain.ts';
import { type BatchContent, type Building, insuredBefore } from './settlement-content.ts';
import { noteInsuredOf } from './settlement-insurance.ts';
import { type Failing, type Prediction, predict } from './settlement-predict.ts';

export type Submitting = {
  where: BatchWhere;
  exchange: string;
  chain: SettlementChain;
  sender: Pick<TransactionSender, 'address' | 'send' | 'find'>;
  building(content: BatchContent): Promise<Building>;
  /** Of the contract as it is deployed. */
  encoder(): Promise<(batch: SettlementBatch) => string>;
  decode(data: string): readonly FillOutcome[];
  /** Enough for any outcome of the batch. */
  gasLimitOf(batch: SettlementBatch): number;
  nowMs(): number;
  /** Fills that would not have settled: an incident each. */
  told(batchId: number, failing: readonly Failing[]): void;
};

export type Submitted =
  | { status: 'submitted'; batchId: number }
  | { status: 'nothing' }
  /** Something changed meanwhile: look again. */
  | { status: 'again' }
  | { status: 'waits'; batchId: number; why: Waiting; detail: string };

export type Waiting = 'earlier_batch' | 'insurance_too_low' | 'would_revert' | 'vault_frozen';

/** Each is a block's worth of gas; more on their way would only wait in the mempool. */
const onTheirWayAtMost = 4;

export async function submitNext(submitting: Submitting): Promise<Submitted> {
  const { where, chain, sender } = submitting;
  const last = await chain.lastBatch();
  const rows = await batchesBehind(where, last, onTheirWayAtMost + 1);
  const onTheirWay: string[] = [];
  for (const [at, row] of rows.entries()) {
    const { batchId, status } = row;
    assert(batchId === last + 1 + at, `batch ${last + 1 + at} is not planned, ${batchId} is`);
    // Facts are ahead of the node that was asked: it catches up.
    if (status === 'mined' || status === 'settled')
      return waits(row, 'earlier_batch', 'the node does not know that it is mined');
    if (status === 'planned') {
      if (at >= onTheirWayAtMost) return waits(row, 'earlier_batch', `${at} are on their way`);
      return submit(submitting, row, onTheirWay);
    }
    const sent = await sender.find(batchTransaction(row));
    if (sent?.status === 'reverted') {
      await tryAgain(where, row);
      return waits(row, 'would_revert', `its transaction ${sent.minedHash} reverted`);
    }
    onTheirWay.push(await calldataOf(where, batchId));
  }
  return { status: 'nothing' };
}

const waits = ({ batchId }: BatchRow, why: Waiting, detail: string): Submitted => ({
  ...{ status: 'waits', batchId, why, detail },
});

async function submit(
  submitting: Submitting,
  row: BatchRow,
  onTheirWay: readonly string[],
): Promise<Submitted> {
  const { where, sender, exchange } = submitting;
  if (row.calldataHash === undefined) {
    const prepared = await prepare(submitting, row, onTheirWay);
    if (prepared) return prepared;
  }
  const data = await calldataOf(where, row.batchId);
  const now = (await batchesBehind(where, row.batchId - 1, 1))[0];
  const isMine = now?.attempt === row.attempt && now.calldataHash === keccak256(data);
  if (!isMine || now.gasLimit === undefined) return { status: 'again' };
  const gasLimit = BigInt(now.gasLimit);
  await noteInsuredOf(where, now);
  try {
    await sender.send({ id: batchTransaction(row), to: exchange, data, gasLimit });
  } catch (error) {
    if (!(error instanceof WouldRevert)) throw error;
    await tryAgain(where, row);
    return waits(row, 'would_revert', error.message);
  }
  await markSubmitted(where, row, submitting.nowMs());
  return { status: 'submitted', batchId: row.batchId };
}

/** Predicts and writes what will be sent; answers where that is not possible now. */
async function prepare(
  submitting: Submitting,
  row: BatchRow,
  onTheirWay: readonly string[],
): Promise<Submitted | undefined> {
  const { where } = submitting;
  const content = await contentOf(where, row.batchId);
  let prediction: Prediction;
  try {
    prediction = await predictBehind(submitting, row, content, onTheirWay);
  } catch (error) {
    if (error instanceof NotPredicted) return waits(row, error.why, error.message);
    throw error;
  }
  if (prediction.status === 'insurance_too_low')
    return waits(row, 'insurance_too_low', lacks(prediction));
  const { built, insured, failing } = prediction;
  const encode = await submitting.encoder();
  if (failing.length > 0) submitting.told(row.batchId, failing);
  const isWritten = await prepareBatch(where, row, {
    calldata: encode(built.batch),
    gasLimit: submitting.gasLimitOf(built.batch),
    insured,
  });
  return isWritten ? undefined : { status: 'again' };
}

type Lacking = { asset: AssetId; at: number; enoughAtoms: bigint };
const lacks = ({ asset, at, enoughAtoms }: Lacking): string =>
  `insurance has too little ${asset} for fill ${at}: ${enoughAtoms} atoms more are enough`;

class NotPredicted extends Error {
  readonly why: Waiting;

  constructor(why: Waiting, detail: string) {
    super(detail);
    this.why = why;
  }
}

async function predictBehind(
  { chain, sender, building, encoder, decode }: Submitting,
  row: BatchRow,
  content: BatchContent,
  onTheirWay: readonly string[],
): Promise<Prediction> {
  const from = await sender.address();
  const encode = await encoder();
  const known = new Map([...insuredBefore(content), ...row.insured]);
  return predict(row, content, known, {
    ...(await building(content)),
    async outcomes(batch) {
      const called = await chain.call(from, [...onTheirWay, encode(batch)]);
      if ('data' in called) return decode(called.data);
      if ('reverts' in called) throw new NotPredicted('would_revert', called.reverts);
      throw new NotPredicted('earlier_batch', called.unsupported);
    },
  });
}
