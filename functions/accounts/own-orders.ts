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
import type { Session } from '#cloud/session-token.ts';
import type { OrderView } from '#wire/matcher-api.ts';
import { digestText } from '#wire/order-body.ts';
import { orderToJson } from '#wire/present.ts';
import type { OrdersJson } from '#wire/rest-api.ts';
import { type AccountPorts, accountViews, listedOf } from './account-ports.ts';
import { askedPage, nextPage, pageQuery } from './page-cursor.ts';

const ordersQuery = pageQuery.extend({
  market: z.string().max(40).optional(),
  status: z.enum(['open', 'done']).default('open'),
});
const path = z.object({ digest: digestText });

/** `GET /v1/account/orders`: all open ones, oldest first; with `?status=done` the finished ones, newest first, by pages. */
export async function listOrders(
  request: ApiRequest,
  { account }: Session,
  ports: AccountPorts,
): Promise<ApiAnswer> {
  const scope = `orders:${account}`;
  const asked = askedPage(ordersQuery, request.query, scope);
  if (isRefused(asked)) return asked;
  const { market, status } = asked.query;
  const listed = market === undefined ? undefined : ports.markets.get(market);
  if (market !== undefined && !listed) return refuse('unknown_market');
  const json = (order: OrderView) => orderToJson(order, listedOf(ports.markets, order.marketId));

  if (status === 'done') {
    const page = { ...asked.page, ...(market === undefined ? {} : { marketId: market }) };
    const { orders, cursor } = await ports.history.doneOrders(account, page);
    const answer: OrdersJson = { orders: orders.map(json), ...nextPage(cursor, scope) };
    return ok(answer);
  }
  const groups = listed ? [listed.market.groupId] : ports.groups;
  const views = await accountViews(account, { ...ports, groups });
  const open = views
    .flatMap(({ orders }) => orders)
    .filter((order) => order.status === 'open' && (!market || order.marketId === market))
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
  const answer: OrdersJson = { orders: open.map(json) };
  return ok(answer);
}

/** `GET /v1/account/orders/{digest}`: live in a matcher, or finished in the history; another owner's order is not there. */
export async function showOrder(
  request: ApiRequest,
  { account }: Session,
  ports: AccountPorts,
): Promise<ApiAnswer> {
  const named = checked(path, request.path);
  if (isRefused(named)) return named;
  const { digest } = named.value;
  // An order may end between the two reads, so the history is asked once more before it is said not to be there.
  const order =
    (await ports.history.order(digest)) ??
    (await liveOrder(account, digest, ports)) ??
    (await ports.history.order(digest));
  if (!order || order.account !== account) return refuse('not_found');
  return ok(orderToJson(order, listedOf(ports.markets, order.marketId)));
}

async function liveOrder(account: string, digest: string, ports: AccountPorts) {
  const views = await accountViews(account, ports);
  return views.flatMap(({ orders }) => orders).find((order) => order.digest === digest);
}
