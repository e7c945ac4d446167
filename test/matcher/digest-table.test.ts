/** What is in flight is found by its digest, whatever came and went around it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DigestTable } from '../../containers/matcher/digest-table.ts';

/** Few first and last words, so that many hash alike, and what lies between tells them apart. */
const digest = fc
  .record({ first: fc.nat(2), middle: fc.nat(40), last: fc.nat(2) })
  .map(({ first, middle, last }) => {
    const bytes = new Uint8Array(40);
    bytes.set([first, 0, 0, first], 4);
    bytes[20] = middle;
    bytes[35] = last;
    return bytes;
  });
const acts = fc.array(fc.record({ isAdded: fc.boolean(), digest }), { maxLength: 400 });

test('a digest finds what was added under it and not removed since, and nothing else', () => {
  fc.assert(
    fc.property(fc.integer(), acts, (hashSecret, all) => {
      const table = new DigestTable(hashSecret);
      const model = new Map<string, object>();
      for (const { isAdded, digest: digestBytes } of all) {
        const id = { digestBytes, digestAt: 4, hash: table.hashOf(digestBytes, 4) };
        const name = digestBytes.join();
        const found = table.find(id);
        expect(found).toBe(model.get(name));
        if (found) {
          table.remove(found);
          model.delete(name);
        } else if (isAdded) {
          table.add(id);
          model.set(name, id);
        }
        expect(table.size).toBe(model.size);
      }
      expect(new Set(table)).toEqual(new Set(model.values()));
    }),
  );
});

test('ten thousand are found after the table has grown, and none of them after they were removed', () => {
  const table = new DigestTable(7);
  const ids = Array.from({ length: 10_000 }, (_, nth) => {
    const digestBytes = new Uint8Array(new BigUint64Array([BigInt(nth), 0n, 0n, 0n]).buffer);
    return { digestBytes, digestAt: 0, hash: table.hashOf(digestBytes, 0) };
  });
  for (const id of ids) table.add(id);
  expect(ids.every((id) => table.find({ ...id }) === id)).toBe(true);
  for (const id of ids) table.remove(id);
  expect(ids.some((id) => table.find(id) !== undefined)).toBe(false);
  expect(table.size).toBe(0);
});
