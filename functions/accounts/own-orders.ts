/** A user's orders: the live ones from the matchers, the finished ones from the history. */
import * as z from 'zod';
import {
  type ApiAnswer,
  type ApiRequest,
  checked,
  isRefused,
  ok,
  refuse,
} from '#cloud/http-edge.ts';
import { MatcherUnavailable } from '#cloud/matcher-client.ts';
import type { Session } from '#cloud/session-token.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import type { Digest } from '#domain/order.ts';
import type { OrderView } from '#wire/matcher-api.ts';
import { digestText } from '#wire/order-body.ts';
import { orderToJson } from '#wire/present.ts';
import type { OrdersJson } from '#wire/rest-api.ts';
import { type AccountPorts, accountViews, listedOf, matchersAtOnce } from './account-ports.ts';
import { askedPage, nextPage, pageQuery } from './page-cursor.ts';

const ordersQuery = pageQuery.extend({
  market: z.string().max(40).optional(),
  status: z.enum(['open', 'done']).default('open'),
});
const path = z.object({ digest: digestText });

/**
 * `GET /v1/account/orders`: all live ones, oldest first, those that wait for their trigger too; with `?status=done` the finished
 * ones by pages, by the time of their end. `from` and `to` choose live ones by when they were made.
 */
export async function listOrders(
  request: ApiRequest,
  { account }: Session,
  ports: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `orders:${account}`;
  const asked = askedPage(ordersQuery, request.query, scope);
  if (isRefused(asked)) return asked;
  const { market, status } = asked.query;
  const markets = await ports.markets.listed();
  const listed = market === undefined ? undefined : markets.get(market);
  if (market !== undefined && !listed) return refuse('unknown_market');
  const json = (order: OrderView) => orderToJson(order, listedOf(markets, order.marketId));

  if (status === 'done') {
    const page = { ...asked.page, ...(market === undefined ? {} : { marketId: market }) };
    const { orders, cursor } = await ports.history.doneOrders(account, page);
    const answer: OrdersJson = { orders: orders.map(json), ...nextPage(cursor, scope) };
    return ok(answer);
  }
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = asked.page;
  const groups = listed ? [listed.market.groupId] : ports.groups;
  const views = await accountViews(account, { ...ports, groups });
  const open = views
    .flatMap(({ orders }) => orders)
    .filter((order) => isLive(order) && (!market || order.marketId === market))
    .filter(({ createdAtMs }) => createdAtMs >= fromMs && createdAtMs < toMs)
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
  const answer: OrdersJson = { orders: open.map(json) };
  return ok(answer);
}

const isLive = ({ status }: OrderView): boolean => status === 'open' || status === 'untriggered';

/** `GET /v1/account/orders/{digest}`: live or just ended in a matcher, or finished in the history; another owner's order is not there. */
export async function showOrder(
  request: ApiRequest,
  { account }: Session,
  ports: AccountPorts,
): Promise<ApiAnswer> {
  const named = checked(path, request.path);
  if (isRefused(named)) return named;
  const { digest } = named.value;
  // The history follows by about a second, and matchers remember what ended for a minute. It may end and be
  // forgotten between the two reads of a slow request, so the history has the last word.
  const order =
    (await ports.history.order(digest)) ??
    (await rememberedOrder(digest, ports)) ??
    (await ports.history.order(digest));
  if (!order || order.account !== account) return refuse('not_found');
  return ok(orderToJson(order, listedOf(await ports.markets.listed(), order.marketId)));
}

/** A digest does not say its market, so every group's matcher is asked; one that is down matters only where no other knows. */
async function rememberedOrder(
  digest: Digest,
  { matchers, groups }: Pick<AccountPorts, 'matchers' | 'groups'>,
): Promise<OrderView | undefined> {
  const answers = await sideBySide(groups, matchersAtOnce, async (groupId) => {
    try {
      return await matchers.order(groupId, digest);
    } catch (error) {
      if (error instanceof MatcherUnavailable) return error;
      throw error;
    }
  });
  let down: MatcherUnavailable | undefined;
  for (const answer of answers) {
    if (answer instanceof MatcherUnavailable) down = answer;
    else if (answer) return answer;
  }
  if (down) throw down;
  return undefined;
}
