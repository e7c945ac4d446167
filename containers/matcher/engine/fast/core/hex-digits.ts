/** Reads names out of texts: `0x` and lower-case hex digits, eight at a time and without a branch on any of them. */

const mark: i32 = 0x7830;
const eachByte: u64 = ((<u64>0x01010101) << 32) | 0x01010101;
const everySecondByte: u64 = ((<u64>0x00ff00ff) << 32) | 0x00ff00ff;
const everySecondPair: u64 = ((<u64>0xffff) << 32) | 0xffff;

/** The bytes that so many characters at `text` say; false where they are anything else. */
export function readHex(text: usize, characters: usize, to: usize): bool {
  let fault: u64 = <u64>(<i32>load<u16>(text) ^ mark);
  let byte = to;
  const end = text + characters;
  for (let at = text + 2; at < end; at += 8) {
    const digits = load<u64>(at);
    // Letters have this bit, figures have not; a letter's last four bits count from 1.
    const letters = (digits >> 6) & eachByte;
    const values = (digits & (eachByte * 15)) + letters * 9;
    // Written out again they must be the same, none above 15, and all from 10 on letters.
    fault |= digits ^ (values + eachByte * 48 + letters * 39);
    fault |= values & (eachByte * 16);
    fault |= (((values + eachByte * 6) >> 4) & eachByte) ^ letters;
    store<u32>(byte, <u32>joined(values));
    byte += 4;
  }
  return fault === 0;
}

/** Eight values of four bits, the first lowest, to four bytes. */
function joined(values: u64): u64 {
  const bytes = ((values << 4) | (values >> 8)) & everySecondByte;
  const pairs = (bytes | (bytes >> 8)) & everySecondPair;
  return pairs | (pairs >> 16);
}
