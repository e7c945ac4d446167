/** A reader's watermark as an attribute of a DynamoDB item. */
import { startOfJournal, type Watermark } from '#wire/accept-record.ts';
import type { Item } from './batch-items.ts';
import { storedNumber } from './stored-number.ts';

/** The whole watermark, as acceptRecord needs it back: epoch records count too. */
export function readWatermark(stored: unknown): Watermark {
  if (stored === undefined) return startOfJournal;
  const item = stored as Item;
  return {
    epoch: storedNumber(item['epoch']),
    nonce: String(item['nonce']),
    frame: storedNumber(item['frame']),
    chain: String(item['chain']),
    lastSequence: storedNumber(item['lastSequence']),
    clock: storedNumber(item['clock']),
    shardSequence: String(item['shardSequence']),
  };
}
