/** From an order to what the function takes. */
import type { MarketShown } from '#wire/operations.ts';
import { type OperatorRequest, operatorRequest } from '#wire/operator-request.ts';
import { changedListing, newListing } from './terms.ts';
import type { Order } from './wish.ts';
import { Wrong } from './wrong.ts';

export type Ordered = { commandId: string; by: string; why: string };

/** The request, checked as the function will check it; `markets` are those that are listed. */
export function requestOf(
  order: Order,
  ordered: Ordered & { isRepeated: boolean },
  markets: readonly MarketShown[],
): OperatorRequest {
  const { isRepeated, ...names } = ordered;
  // An order that is sent again may have listed it.
  const draft = draftOf(
    order,
    order.type === 'list' && isRepeated ? others(order, markets) : markets,
  );
  const parsed = operatorRequest.safeParse({ ...draft, ...names });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Wrong(`${issue?.path.join('.')}: ${issue?.message}`);
}

const others = ({ market }: { market: string }, markets: readonly MarketShown[]) =>
  markets.filter((each) => each.market.id !== market);

function draftOf(order: Order, markets: readonly MarketShown[]) {
  if (order.type === 'define_tier') {
    const { tier, makerFeeBps, takerFeeBps } = order;
    return { type: 'define_fee_tier', tier, makerFeeBps, takerFeeBps };
  }
  if (order.type === 'assign_tier')
    return { type: 'assign_fee_tier', account: order.account, tier: order.tier };

  const listed = markets.find(({ market }) => market.id === order.market);
  if (order.type === 'list') {
    if (listed)
      throw new Wrong(`${order.market} is listed already: npm run ops -- change ${order.market} …`);
    const { market, terms, listing } = order;
    return { type: 'list_market', ...newListing(market, terms, listing, markets) };
  }
  if (!listed) {
    const names = markets.map(({ market }) => market.id).join(', ');
    throw new Wrong(`There is no market ${order.market}, only ${names}.`);
  }
  return order.type === 'change'
    ? { type: 'list_market', ...changedListing(listed, order.terms) }
    : { type: 'set_market_state', market: order.market, state: order.state };
}
