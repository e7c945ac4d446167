/** Gives demo funds from the vault's house account: fixed amounts, a few times a day, each request once. */
import * as z from 'zod';
import type { Clock } from '#cloud/clock.ts';
import type { FaucetStore } from '#cloud/faucet-store.ts';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import type { LedgerStore } from '#cloud/ledger-store.ts';
import { formatDecimal, parseDecimal, type Units, units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import type { FaucetJson } from '#wire/rest-api.ts';

export type FaucetPorts = {
  ledger: Pick<LedgerStore, 'deposit'>;
  claims: FaucetStore;
  /** Every asset of every listed market. */
  assets(): Promise<readonly Asset[]>;
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
 * `POST /v1/faucet`: 201 with what was given. A repeated idempotencyKey gives nothing more, and finishes
 * what a crash may have left undone: each deposit is an operation of its own, by slot and asset.
 */
export async function giveFunds(request: ApiRequest, ports: FaucetPorts): Promise<ApiAnswer> {
  const body = checked(faucetBody, request.body);
  if (isRefused(body)) return body;
  const { account, asset: wanted, idempotencyKey = ports.newKey() } = body.value;
  const gifts = giftsOf(await ports.assets(), wanted);
  if (gifts.length === 0) return refuse('unknown_asset');

  const atMs = ports.clock.nowMs();
  const day = new Date(atMs).toISOString().slice(0, 10);
  // The asset belongs to the key: the same key with another asset is another request.
  const key = `${wanted ?? '*'}:${idempotencyKey}`;
  const claim = await ports.claims.claim({ account, day, key, limit: dailyLimit });
  if (!claim) return refuse('too_many_requests', { dailyLimit });

  for (const { asset, units: given } of gifts) {
    const operationId = `faucet:${account}:${day}:${claim.slot}:${asset.id}`;
    const { status } = await ports.ledger.deposit({
      operationId,
      account,
      asset: asset.id,
      units: given,
      atMs,
    });
    assert(status === 'created' || status === 'exists', `${operationId}: ${status}`);
  }
  const answer: FaucetJson = {
    account,
    amounts: gifts.map(({ asset, units: given }) => ({
      asset: asset.id,
      amount: formatDecimal(given, asset.decimals),
    })),
    ...(claim.repeated ? { repeated: true } : {}),
  };
  return { status: claim.repeated ? 200 : 201, body: answer };
}

function giftsOf(assets: readonly Asset[], wanted: string | undefined) {
  const gifts: { asset: Asset; units: Units }[] = [];
  for (const asset of assets) {
    if (wanted !== undefined && asset.id !== wanted) continue;
    const given = parseDecimal(amounts[asset.id] ?? amountOfOthers, asset.decimals) ?? 0n;
    if (given > 0n) gifts.push({ asset, units: units(given) });
  }
  return gifts;
}
