/** Outcomes of one condition in users' hands, before anything else happens. */
import { id as keccakOf, toBeHex } from 'ethers';
import type { ChainWorld, User } from './chain-world.ts';
import { fillOf, nextBatch, settle, signedOrder } from './signed-trades.ts';

/** By turns, users have so much of the one outcome or of the other; each paid half of a set. Answers both outcomes. */
export async function mintSets(
  world: ChainWorld,
  { users, collateral, atoms }: { users: readonly User[]; collateral: string; atoms: bigint },
): Promise<[string, string]> {
  const condition = [keccakOf('who wins'), BigInt(collateral)];
  await world.vault(world.places.resolver, 'registerCondition', condition);
  const first = await world.read<bigint>('outcomeOf', condition);
  const [yes, no] = [toBeHex(first, 32), toBeHex(first + 1n, 32)];
  const half = { quoteAsset: collateral, baseAmount: atoms, quoteAmount: atoms / 2n };
  const orders = users.map((user, at) =>
    signedOrder(world, user, { ...half, side: 0, baseAsset: at % 2 === 0 ? yes : no }),
  );
  const mint = { kind: 'mint', baseAtoms: atoms, quoteAtoms: atoms / 2n } as const;
  const fills = Array.from({ length: users.length >> 1 }, (_, at) =>
    fillOf({ ...mint, maker: 2 * at, taker: 2 * at + 1 }),
  );
  await settle(world, await nextBatch(world, orders, fills));
  return [yes, no];
}
