/** Reads the records of a snapshot's part; snapshot-writer.ts says how they lie there. */
import type { OrderProgress } from '#domain/order.ts';
import { type EngineRefusal, numberedRefusals } from '#domain/refusal.ts';
import { memberAt } from '#wire/closed-list.ts';
import {
  clientIdBit,
  delegationBit,
  endedNumbers,
  recordKinds as kinds,
  orderNumbers,
} from '#wire/snapshot-part.ts';
import { digestWords } from './engine/name-words.ts';
import type {
  EndedRecord,
  OrderRecord,
  RememberedRecord,
  SnapshotRecord,
} from './engine/snapshot-record.ts';
import type { PartSource } from './engine/state-reading.ts';
import { isLate, type LateRecord } from './late-memory.ts';
import {
  placeOfWord,
  type StoredRecord,
  statusOfWord,
  traitsOfWord,
  viewOf,
} from './snapshot-words.ts';

/** The records of a part. Throws where the bytes are none: a part is read only after its checksum held. */
export function* recordsIn(part: Uint8Array): Generator<StoredRecord> {
  const late: LateRecord[] = [];
  const from = new PartReader(part, (record) => late.push(record));
  while (from.at < part.length) {
    const record = from.next() ?? late.pop();
    if (record) yield record;
  }
}

export class PartReader implements PartSource {
  readonly bytes: Buffer;
  readonly names: string[] = [];
  readonly #view: DataView;
  readonly #numbers = new Float64Array(orderNumbers);
  readonly #late: (record: LateRecord) => void;
  at = 0;

  /** `late`: takes the records that are not the engine's. */
  constructor(part: Uint8Array, late: (record: LateRecord) => void) {
    this.bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    this.#view = viewOf(this.bytes);
    this.#late = late;
  }

  next(): SnapshotRecord | undefined {
    const record = this.#record();
    if (!record || !isLate(record)) return record;
    this.#late(record);
    return undefined;
  }

  #record(): StoredRecord | undefined {
    const kind = this.#byte();
    switch (kind) {
      case kinds.order:
        return this.#order();
      case kinds.ended:
        return this.#ended();
      case kinds.remembered:
        return this.#remembered();
      case kinds.buried: {
        const digest = this.#id();
        const account = this.#name();
        return { kind: 'buried', digest, account, atMs: this.#float() };
      }
      case kinds.name:
        this.names.push(this.#text());
        return undefined;
      case kinds.other:
        return JSON.parse(this.#text()) as StoredRecord;
      default:
        throw new RangeError(`a snapshot has no records of kind ${kind}`);
    }
  }

  #order(): OrderRecord {
    const word = this.#word();
    const record = this.#progress(word, orderNumbers) as OrderRecord;
    const numbers = this.#numbers;
    record.kind = 'order';
    record.place = placeOfWord(word);
    record.makerFeeBps = numbers[10] as number;
    record.takerFeeBps = numbers[11] as number;
    record.admitted = numbers[12] as number;
    record.heldUnits = numbers[13] as number;
    record.shownLots = numbers[14] as number;
    if (((word >>> delegationBit) & 1) === 1) record.delegation = this.#id();
    return record;
  }

  #ended(): EndedRecord {
    const word = this.#word();
    const progress = this.#progress(word, endedNumbers);
    const status = statusOfWord(word);
    return { kind: 'ended', ...progress, status, atMs: this.#numbers[10] as number };
  }

  #progress(word: number, count: number): OrderProgress {
    const numbers = this.#numbers;
    const digest = this.#id();
    const marketId = this.#name();
    const account = this.#name();
    for (let nth = 0; nth < count; nth += 1)
      numbers[nth] = (word & (1 << nth)) === 0 ? 0 : this.#float();
    const progress: OrderProgress = {
      ...{ digest, account, marketId, ...traitsOfWord(word) },
      limitTicks: numbers[0] as number,
      triggerTicks: numbers[1] as number,
      sizeLots: numbers[2] as number,
      displayLots: numbers[3] as number,
      spendUnits: numbers[4] as number,
      filledLots: numbers[5] as number,
      filledQuoteUnits: numbers[6] as number,
      feeUnits: numbers[7] as number,
      createdAtMs: numbers[8] as number,
      expiresAtMs: numbers[9] as number,
    };
    if (((word >>> clientIdBit) & 1) === 1) progress.clientOrderId = this.#text();
    return progress;
  }

  #remembered(): RememberedRecord {
    const commandId = this.#id();
    const sequence = this.#float();
    const atMs = this.#float();
    const coded = this.#byte();
    const remembered: RememberedRecord = { kind: 'remembered', commandId, sequence, atMs };
    if (coded > 0) remembered.code = memberAt<EngineRefusal>(numberedRefusals, coded - 1);
    return remembered;
  }

  #id(): string {
    if (this.#byte() === 0) return this.#text();
    const from = this.at;
    this.at += digestWords * 4;
    if (this.at > this.bytes.length) throw new RangeError('the part ends too early');
    return `0x${this.bytes.toString('hex', from, this.at)}`;
  }

  #name(): string {
    const number = this.#word();
    // Parts of format 1 tell a name where it is needed first.
    if (number === this.names.length) this.names.push(this.#text());
    return memberAt(this.names, number);
  }

  #text(): string {
    const length = this.#word();
    const from = this.at;
    this.at += length;
    if (length < 0 || this.at > this.bytes.length) throw new RangeError('the part ends too early');
    return this.bytes.toString('utf8', from, this.at);
  }

  #byte(): number {
    return this.#view.getUint8(this.at++);
  }

  #word(): number {
    this.at += 4;
    return this.#view.getInt32(this.at - 4, true);
  }

  #float(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }
}
