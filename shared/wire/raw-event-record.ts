/** Writes events as the engine has them, without making texts of digests and addresses: the same bytes as of the events that they are. */
import type { RawDone, RawEvent, RawTrade } from '#domain/raw-event.ts';
import { numberedRefusals } from '#domain/refusal.ts';
import type { ByteWriter } from './byte-writer.ts';
import { placeIn } from './closed-list.ts';
import { eventTags } from './command-codec.ts';
import { writeEnd, writeEvent, writeFill } from './frequent-records.ts';

const addressWords = 5;
const digestWords = 8;

export function writeRawEvent(to: ByteWriter, did: RawEvent): void {
  if (did.type === 'raw_accepted') to.byte(eventTags.accepted);
  else if (did.type === 'raw_trade') writeTrade(to, did);
  else if (did.type === 'raw_done') writeDone(to, did);
  else if (did.type === 'raw_refused') {
    to.byte(eventTags.refused);
    to.byte(placeIn(numberedRefusals, did.code));
  } else writeEvent(to, did);
}

function writeTrade(to: ByteWriter, trade: RawTrade): void {
  const { words, addresses } = trade;
  to.byte(eventTags.trade);
  writeFill(to, trade);
  to.words(words, trade.makerDigestAt, digestWords);
  to.words(words, trade.takerDigestAt, digestWords);
  to.words(addresses, trade.makerAccountAt, addressWords);
  to.words(addresses, trade.takerAccountAt, addressWords);
  to.int(trade.makerFeeUnits);
  to.int(trade.takerFeeUnits);
}

function writeDone(to: ByteWriter, done: RawDone): void {
  to.byte(eventTags.order_done);
  to.words(done.words, done.digestAt, digestWords);
  to.words(done.addresses, done.accountAt, addressWords);
  writeEnd(to, done);
}
