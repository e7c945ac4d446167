/** Builds and signs orders and cancels from decimal prices and sizes (PROTOCOL 1, EIP-712). */
import type { Signer } from 'ethers';
import { parseDecimal } from '#domain/amount.ts';
import { atomsPerUnit } from '#domain/asset.ts';
import type { SignedOrder } from '#domain/command.ts';
import { formatPrice, parseSize } from '#domain/market.ts';
import type { Digest, OrderType, Side, TimeInForce } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import {
  cancelTypes,
  canonicalSignature,
  digests,
  orderTypes,
  type SignedCancel,
  type SigningDomain,
  typedDomain,
} from '#wire/eip712.ts';
import { orderJson } from '#wire/order-body.ts';
import { formatTerms } from '#wire/terms.ts';
import { CrossbookError } from './crossbook-error.ts';
import type { CancelJson, PlaceJson } from './rest.ts';

/** What somebody wants, in decimal text. */
export type OrderWish = {
  market: string;
  side: Side;
  /** `limit` where absent. */
  type?: OrderType;
  /** `gtc` for a limit order where absent; a market order is always `ioc`. */
  timeInForce?: TimeInForce;
  /** Quote per base; of a market order the worst price. */
  price: string;
  /** In base. */
  size?: string;
  /** In quote, fee outside: a market buy by amount of money, instead of `size`. */
  spend?: string;
  /** At most this fee; the market's taker fee where absent. */
  maxFeeBps?: number;
  /** One day after now where absent. */
  expiresAtMs?: number;
  /** One's own name for it, unique among one's live orders. */
  clientOrderId?: string;
};

export type OrderSigner = Pick<Signer, 'getAddress' | 'signTypedData' | 'signMessage'>;
export type SignedPlacement = { digest: Digest; body: PlaceJson };

const dayMs = 24 * 60 * 60_000;

/** The struct that a wish means. Throws a CrossbookError where the market has no such price or size. */
export function buildOrder(
  wish: OrderWish,
  listed: ListedMarket,
  given: { account: string; createdAtMs: number; salt: bigint },
): SignedOrder {
  const { market, base, quote } = listed;
  const orderType = wish.type ?? 'limit';
  const timeInForce = orderType === 'market' ? 'ioc' : (wish.timeInForce ?? 'gtc');
  const account = given.account.toLowerCase();
  return {
    account,
    signer: account,
    baseAsset: base.chainAsset,
    quoteAsset: quote.chainAsset,
    side: wish.side === 'buy' ? 0 : 1,
    ...amountsOf(wish, listed),
    maxFeeBps: wish.maxFeeBps ?? Math.max(market.takerFeeBps, market.makerFeeBps),
    createdAtMs: given.createdAtMs,
    expiresAtMs: wish.expiresAtMs ?? given.createdAtMs + dayMs,
    epoch: 0n,
    salt: given.salt,
    terms: formatTerms({ marketId: market.id, orderType, timeInForce }),
  };
}

type Amounts = Pick<SignedOrder, 'cap' | 'baseAmount' | 'quoteAmount'>;

function amountsOf(wish: OrderWish, listed: ListedMarket): Amounts {
  const { market, base, quote } = listed;
  const lotAtoms = BigInt(market.baseUnitsPerLot) * atomsPerUnit(base);
  const tickLotAtoms = BigInt(market.quoteUnitsPerTickLot) * atomsPerUnit(quote);
  const ticks = ticksOf(wish, listed);
  if ((wish.size === undefined) === (wish.spend === undefined))
    throw new CrossbookError('invalid_request', 'an order has either a size or a spend');

  if (wish.spend !== undefined) {
    if (wish.type !== 'market' || wish.side !== 'buy')
      throw new CrossbookError('invalid_terms', 'only a market buy can spend an amount of money');
    const spendUnits = parseDecimal(wish.spend, quote.decimals);
    if (!spendUnits) throw new CrossbookError('size_off_lot', `not an amount: ${wish.spend}`);
    const quoteAmount = spendUnits * atomsPerUnit(quote);
    // Rounded down, so that the price it works out to, floored to a tick, is the wished one.
    const baseAmount = (quoteAmount * lotAtoms) / (ticks * tickLotAtoms);
    return { cap: 1, baseAmount, quoteAmount };
  }
  const lots = BigInt(parseSize(wish.size ?? '', market, base) ?? 0);
  if (lots === 0n)
    throw new CrossbookError('size_off_lot', `${wish.size} is not whole lots of ${market.id}`);
  return { cap: 0, baseAmount: lots * lotAtoms, quoteAmount: lots * ticks * tickLotAtoms };
}

/** Ticks of the wished price; a market order's worst price is tightened to a tick, never loosened. */
function ticksOf({ price, side, type }: OrderWish, { market, base, quote }: ListedMarket): bigint {
  const scaled = parseDecimal(price, 18);
  const perTick = parseDecimal(formatPrice(1, market, base, quote), 18);
  if (scaled === undefined || !perTick)
    throw new CrossbookError('price_off_tick', `not a price: ${price}`);
  const exact = scaled % perTick === 0n;
  const roundedUp = !exact && side === 'sell';
  const ticks = scaled / perTick + (roundedUp ? 1n : 0n);
  if (ticks === 0n || (!exact && type !== 'market'))
    throw new CrossbookError('price_off_tick', `${price} is not on a tick of ${market.id}`);
  return ticks;
}

/** Signs an order and names it by its digest. */
export async function signOrder(
  signer: OrderSigner,
  domain: SigningDomain,
  order: SignedOrder,
  clientOrderId?: string,
): Promise<SignedPlacement> {
  const text = await signer.signTypedData(typedDomain(domain), orderTypes, order);
  return {
    digest: digests(domain).order(order),
    body: {
      order: orderJson(order),
      signature: canonical(text),
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
    },
  };
}

export async function signCancel(
  signer: OrderSigner,
  domain: SigningDomain,
  cancel: SignedCancel,
): Promise<CancelJson> {
  const text = await signer.signTypedData(typedDomain(domain), cancelTypes, cancel);
  return { cancel, signature: canonical(text) };
}

/** Some wallets answer v as 0 or 1; the exchange and the contract take 27 or 28. */
function canonical(text: string): string {
  const signature = canonicalSignature(text);
  if (!signature) throw new CrossbookError('bad_signature', 'the wallet gave no ECDSA signature');
  return signature;
}

/** A random salt: two equal wishes of one moment are two orders. */
export function randomSalt(): bigint {
  return globalThis.crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
}
