/** The bytes of one put after another, in memory that is used again: what is new to the process costs more than what is written into it. */
import { assert } from '#domain/assertion.ts';

/** Before the body, so that both lie in one piece: Kinesis takes no longer ones, session tokens are a few KB at most. */
const headBytes = 16 * 1024;
/** A multiple of three, so that pieces join into one base64 text. */
const pieceBytes = 24 * 1024;
const tail = '"}';

/** What is answered is good until the next body is written. */
export class PutText {
  #bytes: Buffer = Buffer.allocUnsafeSlow(128 * 1024);
  #end = headBytes;

  /**
   * Spelled by hand: `JSON.stringify` looks at every character of the data, which takes longer than to sign them. By pieces: the text of
   * a whole frame is memory that is new each time, and takes ten times as long to make as pieces that stay in the caches.
   */
  body({ Data, ...rest }: { Data: Uint8Array } & Record<string, unknown>): Buffer {
    const head = `${JSON.stringify(rest).slice(0, -1)},"Data":"`;
    const data = Buffer.from(Data.buffer, Data.byteOffset, Data.byteLength);
    const longest = headBytes + head.length * 3 + Math.ceil(data.length / 3) * 4 + tail.length;
    if (longest > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(longest);
    const bytes = this.#bytes;
    let at = headBytes + bytes.write(head, headBytes);
    for (let from = 0; from < data.length; from += pieceBytes)
      at += bytes.write(data.toString('base64', from, from + pieceBytes), at, 'latin1');
    this.#end = at + bytes.write(tail, at, 'latin1');
    return bytes.subarray(headBytes, this.#end);
  }

  /** The newest body with its head before it. */
  request(head: string): Buffer {
    assert(head.length <= headBytes, 'the head of a put is longer than Kinesis takes');
    const from = headBytes - head.length;
    this.#bytes.write(head, from, 'latin1');
    return this.#bytes.subarray(from, this.#end);
  }
}
