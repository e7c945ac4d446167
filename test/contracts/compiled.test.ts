/** What is committed of the contracts was made from the sources beside it. `CROSSBOOK_RUNS=1` compiles them anew, which takes a minute. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { madeFrom } from '../../contracts/abi/made-from.ts';
import { buildContracts, fingerprint } from '../../contracts/compile.ts';
import { rejectionReasons } from '../../shared/wire/settlement-batch.ts';

const file = (path: string) =>
  readFileSync(new URL(`../../contracts/${path}`, import.meta.url), 'utf8');

it('contracts/abi was made from the sources, settings and compiler that are here: run `npm run contracts`', () => {
  expect(madeFrom).toBe(fingerprint());
});

it.runIf(process.env['CROSSBOOK_RUNS'])(
  'compiling the contracts makes contracts/abi, to the byte',
  () => {
    for (const [name, text] of buildContracts()) expect(text).toBe(file(`abi/${name}`));
  },
  600_000,
);

it('the contract numbers its rejections as the exchange does', () => {
  const constants = [...file('src/Rejection.sol').matchAll(/constant (\w+) = (\d+);/g)];
  const reasons = constants.filter(([, name]) => name !== 'OF_TAKER');
  expect(reasons.map(([, name]) => name?.toLowerCase())).toEqual([...rejectionReasons]);
  expect(reasons.map(([, , number]) => Number(number))).toEqual([...rejectionReasons.keys()]);
});
