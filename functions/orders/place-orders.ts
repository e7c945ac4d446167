/** Places orders: verifies each, sends them to the matchers of their pair groups, answers each with what became of it. */

import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import type { Digest } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { batchBody, type PlaceBody, placeBody } from '#wire/order-body.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import { acceptedJson } from './accepted-json.ts';
import { type OrderRules, type VerifiedOrder, verifyOrder } from './verify-order.ts';

export type OrderPorts = { matchers: Pick<MatcherClient, 'send'>; rules: OrderRules };

/** `POST /v1/orders`: 201 with the order and its fills; a repeated request answers 200 with the first result. */
export async function placeOrder(request: ApiRequest, ports: OrderPorts): Promise<ApiAnswer> {
  const body = checked(placeBody, request.body);
  if (isRefused(body)) return body;
  const verified = verifyOrder(body.value, ports.rules);
  if (verified.status === 'refused') return refuse(verified.code, { digest: verified.digest });

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
  const orders = body.value.orders.map((each: PlaceBody) => verifyOrder(each, ports.rules));
  const answers = await sendByGroup(orders, ports);
  return { status: 200, body: { results: answers } };
}

type Verified = Extract<VerifiedOrder, { status: 'verified' }>;
type Answer = Record<string, unknown>;

/** One request a pair group, all at once; within a group the orders keep their order. */
async function sendByGroup(orders: VerifiedOrder[], { matchers }: OrderPorts): Promise<Answer[]> {
  const byGroup = new Map<string, { index: number; order: Verified }[]>();
  const answers: Answer[] = orders.map((order, index) => {
    if (order.status === 'refused') return refusedJson(order.digest, order.code);
    const { groupId } = order.listed.market;
    byGroup.set(groupId, [...(byGroup.get(groupId) ?? []), { index, order }]);
    return {};
  });
  await Promise.all(
    [...byGroup].map(async ([groupId, members]) => {
      const results = await resultsOf(groupId, members, matchers);
      for (const [at, { index, order }] of members.entries()) {
        answers[index] = answerJson(order.digest, order.listed, results[at]);
      }
    }),
  );
  return answers;
}

/** The group's results, or the one code that stands for all of them where its matcher did not answer. */
async function resultsOf(
  groupId: string,
  members: { order: Verified }[],
  matchers: OrderPorts['matchers'],
): Promise<(CommandResult | MatcherUnavailable)[]> {
  try {
    const { results } = await matchers.send(
      groupId,
      members.map(({ order }) => order.command),
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
): Answer {
  if (result === undefined) throw new Error('the matcher left a command unanswered');
  if (result instanceof MatcherUnavailable) return refusedJson(digest, result.code);
  if (result.status === 'accepted') return acceptedJson(digest, result, listed);
  return { ...refusedJson(digest, result.code), ...(result.repeated ? { repeated: true } : {}) };
}

/** `unknown` where nobody can say whether the order was taken: calling that refused would be a lie. */
function refusedJson(digest: Digest, code: Refusal): Answer {
  const status = code === 'outcome_unknown' ? 'unknown' : 'refused';
  return { status, digest, code, message: refusalTable[code].message };
}

function onlyOne(results: CommandResult[]): CommandResult {
  const [result, ...more] = results;
  if (!result || more.length > 0) throw new Error('one command, but not one result');
  return result;
}
