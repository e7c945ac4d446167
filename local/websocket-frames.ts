/** Watches the frames a client sends: AWS takes larger messages, but only in frames of at most 32 KB. */

/**
 * Gives a reader for the raw bytes of one client, in the order they arrive. It calls `onOversize` once, when a frame's
 * header states more than `maxBytes`. The ws package checks whole messages only. Frame layout: RFC 6455, section 5.2.
 */
export function watchFrames(maxBytes: number, onOversize: () => void): (chunk: Buffer) => void {
  let header: number[] = [];
  let payloadLeft = 0;
  let isOver = false;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length && !isOver) {
      if (payloadLeft > 0) {
        const skipped = Math.min(payloadLeft, chunk.length - at);
        payloadLeft -= skipped;
        at += skipped;
        continue;
      }
      header.push(chunk[at] as number);
      at += 1;
      if (header.length < headerBytes(header)) continue;
      payloadLeft = payloadBytes(header);
      header = [];
      if (payloadLeft > maxBytes) {
        isOver = true;
        onOversize();
      }
    }
  };
}

/** Length of the header as far as its first two bytes tell; clients always mask. */
function headerBytes([, second]: number[]): number {
  if (second === undefined) return 2;
  const mask = (second & 0x80) === 0 ? 0 : 4;
  const length = second & 0x7f;
  if (length < 126) return 2 + mask;
  return (length === 126 ? 4 : 10) + mask;
}

function payloadBytes(header: number[]): number {
  const length = (header[1] ?? 0) & 0x7f;
  if (length < 126) return length;
  const extended = header.slice(2, length === 126 ? 4 : 10);
  return extended.reduce((sum, byte) => sum * 256 + byte, 0);
}
