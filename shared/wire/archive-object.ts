/**
 * One object of the archive as key and bytes: accepted records of a pair group's journal, with the watermark after them.
 *
 * Key and bytes are a function of the journal and of where the object begins and ends, nothing else: whoever writes an
 * object again, at any time, writes the same. So nothing is compressed (compressors change) and no time is in it.
 */
import { assert } from '#domain/assertion.ts';
import type { Watermark } from './accept-record.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { crc32c } from './crc32c.ts';
import { padded } from './table-keys.ts';

/** Where a reader stands. Each record that counts raises the epoch or the frame, so positions are ordered. */
export type Position = Pick<Watermark, 'frame' | 'epoch'>;

/** The positions after an object's first and after its last record. */
export type ArchiveSpan = { groupId: string; first: Position; last: Position };

export type ArchiveObject = {
  groupId: string;
  records: { data: Uint8Array; shardSequence: string }[];
  /** After the last record; its `shardSequence` is that record's. */
  watermark: Watermark;
};

const formatVersion = 1;
/** After the journal's frame, 1, and epoch, 2. */
const archiveKind = 3;

export const archivePrefix = (groupId: string): string => `journal/${groupId}/`;

/**
 * The end stands first, so that a listing finds the object that holds a frame: it is the first one that ends at the frame
 * or after it. An object begins where another one ended, so no later one is needed before it.
 */
export const archiveKey = ({ groupId, first, last }: ArchiveSpan): string =>
  `${archivePrefix(groupId)}${numbers(last)}-${numbers(first)}`;

/** Sorts behind the keys of all objects that end at the position or before it, and before all others. */
export const keyAfter = (groupId: string, position: Position): string =>
  `${archivePrefix(groupId)}${numbers(position)}~`;

const numbers = ({ frame, epoch }: Position): string => `${padded(frame)}.${padded(epoch)}`;

const keyForm = /^journal\/([^/]+)\/(\d{16})\.(\d{16})-(\d{16})\.(\d{16})$/;

/** What a key says; undefined for a key that is none of the archive's. */
export function spanOf(key: string): ArchiveSpan | undefined {
  const [, groupId, lastFrame, lastEpoch, firstFrame, firstEpoch] = keyForm.exec(key) ?? [];
  if (groupId === undefined) return undefined;
  return {
    groupId,
    first: { frame: Number(firstFrame), epoch: Number(firstEpoch) },
    last: { frame: Number(lastFrame), epoch: Number(lastEpoch) },
  };
}

export function encodeArchiveObject({ groupId, records, watermark }: ArchiveObject): Uint8Array {
  assert(
    records.at(-1)?.shardSequence === watermark.shardSequence,
    `${groupId}: the watermark of an archive object is not that of its last record`,
  );
  const into = new ByteWriter();
  into.byte(formatVersion);
  into.byte(archiveKind);
  into.text(groupId);
  into.uint(records.length);
  for (const { data, shardSequence } of records) {
    into.bigUint(BigInt(shardSequence));
    into.uint(data.length);
    into.raw(data);
  }
  into.uint(watermark.epoch);
  into.hex(watermark.nonce, 16);
  into.uint(watermark.frame);
  into.hex(watermark.chain, 32);
  into.uint(watermark.lastSequence);
  into.uint(watermark.clock);
  into.uint32(crc32c(into.take()));
  return into.take();
}

export type BadArchiveObject = { status: 'bad'; why: string };

/** Reads an object. Whatever is wrong with its bytes is an answer, in words. */
export function decodeArchiveObject(
  bytes: Uint8Array,
): ({ status: 'good' } & ArchiveObject) | BadArchiveObject {
  if (bytes.length < 6 || !sealHolds(bytes)) return bad('its checksum does not hold');
  if (bytes[0] !== formatVersion || bytes[1] !== archiveKind)
    return bad(`it has format ${bytes[0]}, kind ${bytes[1]}`);
  const from = new ByteReader(bytes.subarray(2, bytes.length - 4));
  try {
    const groupId = from.text();
    const records: ArchiveObject['records'] = [];
    for (let left = from.uint(); left > 0; left -= 1) {
      const shardSequence = from.bigUint().toString();
      records.push({ shardSequence, data: from.raw(from.uint()) });
    }
    const watermark = {
      epoch: from.uint(),
      nonce: from.hex(16),
      frame: from.uint(),
      chain: from.hex(32),
      lastSequence: from.uint(),
      clock: from.uint(),
      shardSequence: records.at(-1)?.shardSequence ?? '',
    };
    if (from.left > 0) return bad(`${from.left} bytes are left over`);
    return { status: 'good', groupId, records, watermark };
  } catch (error) {
    return bad((error as Error).message);
  }
}

const bad = (why: string): BadArchiveObject => ({ status: 'bad', why });

function sealHolds(bytes: Uint8Array): boolean {
  const at = bytes.length - 4;
  const stated = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  return stated === crc32c(bytes.subarray(0, at));
}
