/** Mints demo tokens to whoever asks: fixed amounts, a few times a day, each request once; and coin for what depositing costs. */
import * as z from 'zod';
import type { Clock } from '#cloud/clock.ts';
import type { FaucetStore } from '#cloud/faucet-store.ts';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import { formatDecimal, parseDecimal } from '#domain/amount.ts';
import { type Asset, atomsPerUnit, tokenAddress } from '#domain/asset.ts';
import type { FaucetJson } from '#wire/rest-api.ts';

export type Gift = { id: string; account: string; atoms: bigint };

export type FaucetPorts = {
  claims: FaucetStore;
  /** Every asset of every listed market. */
  assets(): Promise<readonly Asset[]>;
  /** Each id is one transaction, however often it is asked for; answers its hash. */
  mint(gift: Gift & { token: string }): Promise<string>;
  /** The chain's own coin, where the stage gives it and the account has less: answers the transaction's hash, undefined otherwise. */
  giveCoin(gift: Omit<Gift, 'atoms'>): Promise<string | undefined>;
  clock: Clock;
  newKey: () => string;
};

/** What one request gives, and what it gives of an asset that was listed later. */
const amounts: Record<string, string> = { ETH: '10', BTC: '1', SOL: '500', USDC: '100000' };
const amountOfOthers = '10000';
/** Requests an account and UTC day. */
export const dailyLimit = 10;

const faucetBody = z.strictObject({
  account: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'a 20-byte address in hex')
    .transform((text) => text.toLowerCase()),
  asset: z.string().max(16).optional(),
  idempotencyKey: z
    .string()
    .regex(/^[\w-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 _ -')
    .optional(),
});

/**
 * `POST /v1/faucet`: 201 with what is minted, in transactions that a block has soon. A repeated idempotencyKey gives nothing
 * more, and finishes what a crash may have left undone: each gift is a transaction of its own, by slot and asset.
 */
export async function giveFunds(request: ApiRequest, ports: FaucetPorts): Promise<ApiAnswer> {
  const body = checked(faucetBody, request.body);
  if (isRefused(body)) return body;
  const { account, asset: wanted, idempotencyKey = ports.newKey() } = body.value;
  const gifts = giftsOf(await ports.assets(), wanted);
  if (gifts.length === 0) return refuse('unknown_asset');

  const day = new Date(ports.clock.nowMs()).toISOString().slice(0, 10);
  // The asset belongs to the key: the same key with another asset is another request.
  const key = `${wanted ?? '*'}:${idempotencyKey}`;
  const claim = await ports.claims.claim({ account, day, key, limit: dailyLimit });
  if (!claim) return refuse('too_many_requests', { dailyLimit });

  const idOf = (what: string) => `faucet:${account}:${day}:${claim.slot}:${what}`;
  const coin = await ports.giveCoin({ id: idOf('coin'), account });
  const minted: FaucetJson['amounts'] = [];
  for (const { asset, units } of gifts) {
    const atoms = units * atomsPerUnit(asset);
    const gift = { id: idOf(asset.id), account, atoms, token: tokenAddress(asset) };
    const transactionHash = await ports.mint(gift);
    const amount = formatDecimal(units, asset.decimals);
    minted.push({ asset: asset.id, amount, transactionHash });
  }
  const answer: FaucetJson = {
    account,
    amounts: minted,
    ...(coin === undefined ? {} : { coinTransactionHash: coin }),
    ...(claim.repeated ? { repeated: true } : {}),
  };
  return { status: claim.repeated ? 200 : 201, body: answer };
}

function giftsOf(assets: readonly Asset[], wanted: string | undefined) {
  const gifts: { asset: Asset; units: bigint }[] = [];
  for (const asset of assets) {
    if (wanted !== undefined && asset.id !== wanted) continue;
    const given = parseDecimal(amounts[asset.id] ?? amountOfOthers, asset.decimals) ?? 0n;
    if (given > 0n) gifts.push({ asset, units: given });
  }
  return gifts;
}
