/** Anything that anybody may ask of a ledger, drawn from small numbers so that names meet and amounts run out. */
import fc from 'fast-check';
import { greatestUnits } from '#domain/ledger-operation.ts';
import { feeAccount, insuranceAccount, vaultAccount } from '#wire/table-keys.ts';
import { alice, bob, type Moves } from './ledger-under-test.ts';

export type Move = { name: string; make: (moves: Moves) => Promise<unknown> };

const owner = fc.constantFrom(alice, alice, bob, `${alice}/bot`, insuranceAccount);
const party = fc.constantFrom(
  alice,
  `${alice}/bot`,
  bob,
  insuranceAccount,
  feeAccount,
  vaultAccount,
);
const asset = fc.constantFrom('USDC', 'USDC', 'USDC', 'ETH', 'MOON');
const id = fc.constantFrom(...['x-1', 'x-2', 'x-3', 'x-4', 'x-5', 'x-6', 'x-7', 'x-8']);
const amount = fc.oneof(
  { weight: 12, arbitrary: fc.bigInt(1n, 60n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, -7n, greatestUnits, greatestUnits + 1n) },
);
const person = fc.constantFrom('ann', 'bea', 'cyd');

const move = (name: string, make: Move['make']): Move => ({ name, make });

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc
    .tuple(id, amount, asset, owner)
    .map((of) => move(`deposit ${of}`, (moves) => moves.deposit(...of))),
  fc
    .tuple(id, party, party, amount, asset)
    .map(([name, from, to, value, of]) =>
      move(`transfer ${[name, from, to, value, of]}`, (moves) =>
        moves.transfer(name, { from, to }, value, of),
      ),
    ),
  fc
    .tuple(id, amount, asset, owner)
    .map((of) => move(`demand ${of}`, (moves) => moves.demand(...of))),
  fc.tuple(id, amount, asset, owner).map((of) => move(`hold ${of}`, (moves) => moves.hold(...of))),
  // Of the amounts that the other moves draw most often: demands are then held.
  id.map((name) => move(`demand and hold ${name}`, (moves) => askTwice(moves, name))),
  id.map((name) => move(`finish ${name}`, (moves) => moves.finish(name))),
  id.map((name) => move(`return ${name}`, (moves) => moves.giveBack(name))),
  fc
    .tuple(id, amount, person, party, owner, asset)
    .map(([name, value, by, house, of, what]) =>
      move(`propose ${[name, value, by, house, of, what]}`, (moves) =>
        moves.propose(name, value, { by, house, owner: of, asset: what }),
      ),
    ),
  fc.tuple(id, person).map((of) => move(`approve ${of}`, (moves) => moves.approve(...of))),
  fc.tuple(id, person).map((of) => move(`reject ${of}`, (moves) => moves.reject(...of))),
  fc
    .tuple(fc.constantFrom('g1', 'g2'), fc.nat(20), fc.nat(20))
    .map(([groupId, least, more]) =>
      move(`grant ${[groupId, least, more]}`, (moves) =>
        moves.grant(least + 1, least + more + 1, { groupId }),
      ),
    ),
);

async function askTwice(moves: Moves, name: string) {
  return [await moves.demand(name, 9), await moves.hold(name, 9)];
}

export const anyMoves = fc.array(anyMove, { minLength: 1, maxLength: 40, size: 'max' });
