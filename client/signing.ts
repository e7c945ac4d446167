/** Builds and signs orders, cancels and amendments from decimal prices and sizes (PROTOCOL 1, EIP-712). */
import type { Signer } from 'ethers';
import { parseDecimal } from '#domain/amount.ts';
import { atomsPerUnit } from '#domain/asset.ts';
import type { SignedOrder } from '#domain/command.ts';
import { formatPrice, formatSize, parsePrice, parseSize } from '#domain/market.ts';
import {
  type Digest,
  isMarketLike,
  type OrderType,
  type SelfTradePrevention,
  type Side,
  type TimeInForce,
} from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import {
  amendTypes,
  cancelTypes,
  canonicalSignature,
  digests,
  orderTypes,
  type SignedAmend,
  type SignedCancel,
  type SigningDomain,
  typedDomain,
} from '#wire/eip712.ts';
import { orderJson } from '#wire/order-body.ts';
import { formatTerms, readTerms } from '#wire/terms.ts';
import { CrossbookError } from './crossbook-error.ts';
import type { AmendJson, CancelJson, PlaceJson } from './rest.ts';

/** What somebody wants, in decimal text. */
export type OrderWish = {
  market: string;
  side: Side;
  /** `limit` where absent. */
  type?: OrderType;
  /** Where absent `gtc` for what can rest, `ioc` for market orders, stops and take-profits. */
  timeInForce?: TimeInForce;
  /** Quote per base; of a market order, stop or take-profit the worst price. */
  price: string;
  /** In base. */
  size?: string;
  /** In quote, fee outside: instead of `size`, for buys at market price. */
  spend?: string;
  /** The last trade price that sets off a stop or take-profit. */
  trigger?: string;
  /** An iceberg: no more of the size than this is shown at a time. */
  display?: string;
  /** Refused where it would trade at once. */
  postOnly?: boolean;
  /** What happens where it meets an order of one's own; `expire_taker` where absent. */
  stp?: SelfTradePrevention;
  /** A live order of one's own in the same market, which ends in the moment that this one is accepted. */
  replaces?: Digest;
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
  given: { account: string; signer?: string; createdAtMs: number; salt: bigint },
): SignedOrder {
  const { market, base, quote } = listed;
  const account = given.account.toLowerCase();
  return {
    account,
    signer: given.signer?.toLowerCase() ?? account,
    baseAsset: base.chainAsset,
    quoteAsset: quote.chainAsset,
    side: wish.side === 'buy' ? 0 : 1,
    ...amountsOf(wish, listed),
    maxFeeBps: wish.maxFeeBps ?? Math.max(market.takerFeeBps, market.makerFeeBps),
    createdAtMs: given.createdAtMs,
    expiresAtMs: wish.expiresAtMs ?? given.createdAtMs + dayMs,
    epoch: 0n,
    salt: given.salt,
    terms: termsOf(wish, listed),
  };
}

/** The terms in the one spelling that the exchange takes; what cannot be is refused with the reason before it is signed. */
function termsOf(wish: OrderWish, listed: ListedMarket): string {
  const { market, base, quote } = listed;
  const { type: orderType = 'limit', trigger, display, replaces } = wish;
  const timeInForce = wish.timeInForce ?? (isMarketLike(orderType) ? 'ioc' : 'gtc');
  const triggerTicks = trigger === undefined ? 0 : parsePrice(trigger, market, base, quote);
  const displayLots = display === undefined ? 0 : parseSize(display, market, base);
  if (triggerTicks === undefined)
    throw new CrossbookError('price_off_tick', `${trigger} is not on a tick of ${market.id}`);
  if (displayLots === undefined)
    throw new CrossbookError('size_off_lot', `${display} is not whole lots of ${market.id}`);
  const text = formatTerms({
    marketId: market.id,
    orderType,
    timeInForce,
    ...(trigger === undefined ? {} : { trigger: formatPrice(triggerTicks, market, base, quote) }),
    ...(display === undefined ? {} : { display: formatSize(displayLots, market, base) }),
    postOnly: wish.postOnly ?? false,
    selfTrade: wish.stp ?? 'expire_taker',
    ...(replaces === undefined ? {} : { replaces: replaces.toLowerCase() }),
  });
  const read = readTerms(text);
  if ('problem' in read) throw new CrossbookError('invalid_terms', read.problem);
  return text;
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
    if (!isMarketLike(wish.type ?? 'limit') || wish.side !== 'buy')
      throw new CrossbookError('invalid_terms', 'only a buy at market price can spend money');
    const quoteAmount = moneyAtoms(wish.spend, listed);
    // Rounded down, so that the price it works out to, floored to a tick, is the wished one.
    const baseAmount = (quoteAmount * lotAtoms) / (ticks * tickLotAtoms);
    return { cap: 1, baseAmount, quoteAmount };
  }
  const baseAmount = sizeAtoms(wish.size ?? '', listed);
  return { cap: 0, baseAmount, quoteAmount: (baseAmount / lotAtoms) * ticks * tickLotAtoms };
}

function sizeAtoms(size: string, { market, base }: ListedMarket): bigint {
  const lots = BigInt(parseSize(size, market, base) ?? 0);
  if (lots === 0n)
    throw new CrossbookError('size_off_lot', `${size} is not whole lots of ${market.id}`);
  return lots * BigInt(market.baseUnitsPerLot) * atomsPerUnit(base);
}

function moneyAtoms(spend: string, { quote }: ListedMarket): bigint {
  const spendUnits = parseDecimal(spend, quote.decimals);
  if (!spendUnits) throw new CrossbookError('size_off_lot', `not an amount: ${spend}`);
  return spendUnits * atomsPerUnit(quote);
}

/** What an order's size or money is to be lowered to, as a whole: what is filled already counts. */
export type AmendWish = { market: string; size?: string; spend?: string };

export function amendedAtoms({ size, spend }: AmendWish, listed: ListedMarket): bigint {
  if ((size === undefined) === (spend === undefined))
    throw new CrossbookError('invalid_request', 'an amendment has either a size or a spend');
  return spend === undefined ? sizeAtoms(size ?? '', listed) : moneyAtoms(spend, listed);
}

/** Ticks of the wished price; a market order's worst price is tightened to a tick, never loosened. */
function ticksOf(
  { price, side, type = 'limit' }: OrderWish,
  { market, base, quote }: ListedMarket,
): bigint {
  const scaled = parseDecimal(price, 18);
  const perTick = parseDecimal(formatPrice(1, market, base, quote), 18);
  if (scaled === undefined || !perTick)
    throw new CrossbookError('price_off_tick', `not a price: ${price}`);
  const exact = scaled % perTick === 0n;
  const roundedUp = !exact && side === 'sell';
  const ticks = scaled / perTick + (roundedUp ? 1n : 0n);
  if (ticks === 0n || (!exact && !isMarketLike(type)))
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

export async function signAmend(
  signer: OrderSigner,
  domain: SigningDomain,
  amend: SignedAmend,
): Promise<AmendJson> {
  const text = await signer.signTypedData(typedDomain(domain), amendTypes, amend);
  const newAmount = amend.newAmount.toString();
  return { amend: { ...amend, newAmount }, signature: canonical(text) };
}

/** Some wallets answer v as 0 or 1; the exchange and the contract take 27 or 28. */
export function canonical(text: string): string {
  const signature = canonicalSignature(text);
  if (!signature) throw new CrossbookError('bad_signature', 'the wallet gave no ECDSA signature');
  return signature;
}

/** A random salt: two equal wishes of one moment are two orders. */
export function randomSalt(): bigint {
  return globalThis.crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
}
