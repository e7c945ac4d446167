/** A contract's logs, read as ethers reads them. */
import { Interface, zeroPadValue } from 'ethers';
import { expect, test } from 'vitest';
import { vaultAbi } from '#abi/vault.ts';
import { logReader } from '#wire/contract-log.ts';

const vault = new Interface(vaultAbi);
const sampleOf: Record<string, unknown> = {
  address: `0x${'ab'.repeat(20)}`,
  bytes32: `0x${'cd'.repeat(32)}`,
  bool: true,
};

test('every event of the vault is read as ethers reads it, and what is no event of it is left alone', () => {
  const read = logReader(vault);
  let events = 0;
  vault.forEachEvent((event) => {
    const values = event.inputs.map(({ type }, at) => sampleOf[type] ?? BigInt(at + 1));
    const log = vault.encodeEventLog(event, values);
    const expected = vault.parseLog(log);
    expect(read(log)?.name).toBe(expected?.name);
    expect(read(log)?.args.toObject()).toEqual(expected?.args.toObject());
    events += 1;
  });
  expect(events).toBeGreaterThan(10);
  expect(read({ topics: [zeroPadValue('0x01', 32)], data: '0x' })).toBeUndefined();
  expect(read({ topics: [], data: '0x' })).toBeUndefined();
});
