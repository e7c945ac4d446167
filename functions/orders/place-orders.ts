/** Places orders: verifies each, sends them to the matchers of their pair groups, answers each with what became of it. */
import type { Clock } from '#cloud/clock.ts';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import type { Digest } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { batchBody, type PlaceBody, placeBody } from '#wire/order-body.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import type { BatchJson, BatchResultJson, PlacedJson } from '#wire/rest-api.ts';
import { acceptedJson } from './accepted-json.ts';
import { type OrderRules, type VerifiedOrder, verifyOrder } from './verify-order.ts';

export type OrderPorts = {
  matchers: Pick<MatcherClient, 'send'>;
  markets: Pick<MarketDirectory, 'listed'>;
  digestOf: OrderRules['digestOf'];
  rights: OrderRules['rights'];
  clock: Pick<Clock, 'nowMs'>;
};

/** `POST /v1/orders`: 201 with the order and its fills; a repeated request answers 200 with the first result. */
export async function placeOrder(request: ApiRequest, ports: OrderPorts): Promise<ApiAnswer> {
  const body = checked(placeBody, request.body);
  if (isRefused(body)) return body;
  const verified = await verifyOrder(body.value, await rulesOf(ports));
  if (verified.status === 'refused') return refuse(verified.code, detailsOf(verified));

  const { digest, listed, command } = verified;
  const { results } = await ports.matchers.send(listed.market.groupId, [command]);
  const result = onlyOne(results);
  if (result.status === 'refused') {
    return refuse(result.code, { digest, ...(result.repeated ? { repeated: true } : {}) });
  }
  return { status: result.repeated ? 200 : 201, body: acceptedJson(digest, result, listed) };
}

/**
 * `POST /v1/orders/batch`: 200 with one result an order, in the order given. Each stands alone: one refusal,
 * or one pair group without a matcher, leaves the others as they are.
 */
export async function placeBatch(request: ApiRequest, ports: OrderPorts): Promise<ApiAnswer> {
  const body = checked(batchBody, request.body);
  if (isRefused(body)) return body;
  const rules = await rulesOf(ports);
  const orders = await Promise.all(
    body.value.orders.map((each: PlaceBody) => verifyOrder(each, rules)),
  );
  const answer: BatchJson = { results: await sendByGroup(orders, ports) };
  return { status: 200, body: answer };
}

const rulesOf = async ({ markets, digestOf, rights, clock }: OrderPorts): Promise<OrderRules> => ({
  markets: await markets.listed(),
  ...{ digestOf, rights },
  nowMs: clock.nowMs(),
});

type Verified = Extract<VerifiedOrder, { status: 'verified' }>;
type Refused = Extract<VerifiedOrder, { status: 'refused' }>;

const detailsOf = ({ digest, why }: Refused) => (why === undefined ? { digest } : { digest, why });

/** One request a pair group, all at once; within a group the orders keep their order. */
async function sendByGroup(
  orders: VerifiedOrder[],
  { matchers }: OrderPorts,
): Promise<BatchResultJson[]> {
  const byGroup = Map.groupBy(
    orders.filter((order) => order.status === 'verified'),
    (order) => order.listed.market.groupId,
  );
  const answers = new Map<VerifiedOrder, BatchResultJson>();
  await Promise.all(
    [...byGroup].map(async ([groupId, members]) => {
      const results = await resultsOf(groupId, members, matchers);
      for (const [at, order] of members.entries())
        answers.set(order, answerJson(order.digest, order.listed, results[at]));
    }),
  );
  return orders.map((order) => {
    const answer = order.status === 'refused' ? refusedAtDoor(order) : answers.get(order);
    if (!answer) throw new Error('an order of the batch was left unanswered');
    return answer;
  });
}

/** The group's results, or the one code that stands for all of them where its matcher did not answer. */
async function resultsOf(
  groupId: string,
  members: Verified[],
  matchers: OrderPorts['matchers'],
): Promise<(CommandResult | MatcherUnavailable)[]> {
  try {
    const { results } = await matchers.send(
      groupId,
      members.map((order) => order.command),
    );
    if (results.length !== members.length) throw new Error('the matcher left a command unanswered');
    return results;
  } catch (error) {
    if (!(error instanceof MatcherUnavailable)) throw error;
    return members.map(() => error);
  }
}

function answerJson(
  digest: Digest,
  listed: ListedMarket,
  result: CommandResult | MatcherUnavailable | undefined,
): BatchResultJson {
  if (result === undefined) throw new Error('the matcher left a command unanswered');
  if (result instanceof MatcherUnavailable) return refusedJson(digest, result.code);
  if (result.status === 'accepted') return acceptedJson(digest, result, listed);
  const refused = refusedJson(digest, result.code);
  return result.repeated ? { ...refused, repeated: true } : refused;
}

function refusedAtDoor({ digest, code, why }: Refused): BatchResultJson {
  const refused = refusedJson(digest, code);
  return why === undefined ? refused : { ...refused, message: `${refused.message} (${why})` };
}

/** `unknown` where nobody can say whether the order was taken: calling that refused would be a lie. */
function refusedJson(digest: Digest, code: Refusal): Exclude<BatchResultJson, PlacedJson> {
  const status = code === 'outcome_unknown' ? 'unknown' : 'refused';
  return { status, digest, code, message: refusalTable[code].message };
}

function onlyOne(results: CommandResult[]): CommandResult {
  const [result, ...more] = results;
  if (!result || more.length > 0) throw new Error('one command, but not one result');
  return result;
}
