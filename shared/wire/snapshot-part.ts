/**
 * How a snapshot's records lie in a part, and the reader of those that are written as text: what is not a matcher looks for credit
 * only, and passes over orders. `snapshot-writer.ts` and `snapshot-reader.ts` of the matcher know all of them, by the same numbers.
 */

/** On disk: never reused for another kind. */
export const recordKinds = {
  order: 1,
  ended: 2,
  remembered: 3,
  buried: 4,
  other: 5,
  /** A market's or account's name: records behind it name it by its number, which counts from 0 in each part. */
  name: 6,
} as const;

/** Numbers of a live and of an ended order; the first ten are those that they have in common. */
export const orderNumbers = 15;
export const endedNumbers = 11;
/** An order's word: bits 0 to 14 say which of its numbers are there, this one whether it has a client's id. */
export const clientIdBit = 15;
/** Whether it has a delegation, whose digest comes last. */
export const delegationBit = 28;
const digestBytes = 32;

/** What an engine holds for one account of one asset. */
export type CreditInSnapshot = {
  account: string;
  asset: string;
  freeUnits: number;
  heldUnits: number;
};

/** The credit records of a part. Throws where the bytes are no part: it is read only after its checksum held. */
export function* creditsIn(part: Uint8Array): Generator<CreditInSnapshot> {
  const from = new PartWalker(part);
  while (!from.isAtEnd) {
    const text = from.next();
    if (text === undefined) continue;
    const record = JSON.parse(text) as { kind: string } & CreditInSnapshot;
    if (record.kind === 'credit') yield record;
  }
}

class PartWalker {
  readonly #view: DataView;
  #at = 0;
  #names = 0;

  constructor(part: Uint8Array) {
    this.#view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  /** The text of the next record; undefined of one that is not text. */
  next(): string | undefined {
    const kind = this.#byte();
    switch (kind) {
      case recordKinds.order:
        this.#order(orderNumbers);
        return undefined;
      case recordKinds.ended:
        this.#order(endedNumbers);
        return undefined;
      case recordKinds.remembered:
        this.#id();
        this.#skip(8 + 8 + 1);
        return undefined;
      case recordKinds.buried:
        this.#id();
        this.#name();
        this.#skip(8);
        return undefined;
      case recordKinds.name:
        this.#names += 1;
        this.#skip(this.#word());
        return undefined;
      case recordKinds.other:
        return this.#text();
      default:
        throw new RangeError(`a snapshot has no records of kind ${kind}`);
    }
  }

  #order(numbers: number): void {
    const word = this.#word();
    this.#id();
    this.#name();
    this.#name();
    for (let nth = 0; nth < numbers; nth += 1) if ((word & (1 << nth)) !== 0) this.#skip(8);
    if (((word >>> clientIdBit) & 1) === 1) this.#skip(this.#word());
    if (((word >>> delegationBit) & 1) === 1) this.#id();
  }

  #id(): void {
    if (this.#byte() === 0) this.#skip(this.#word());
    else this.#skip(digestBytes);
  }

  /** Parts of format 1 tell a name within the first record that has it. */
  #name(): void {
    if (this.#word() !== this.#names) return;
    this.#names += 1;
    this.#skip(this.#word());
  }

  #text(): string {
    const length = this.#word();
    const { buffer, byteOffset } = this.#view;
    const from = byteOffset + this.#at;
    this.#skip(length);
    return new TextDecoder().decode(new Uint8Array(buffer, from, length));
  }

  #skip(bytes: number): void {
    if (bytes < 0 || this.#at + bytes > this.#view.byteLength)
      throw new RangeError('the part ends too early');
    this.#at += bytes;
  }

  #byte(): number {
    const at = this.#at;
    this.#skip(1);
    return this.#view.getUint8(at);
  }

  #word(): number {
    const at = this.#at;
    this.#skip(4);
    return this.#view.getInt32(at, true);
  }
}
