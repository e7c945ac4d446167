/** Cancels an order: by a signed Cancel, or by a session. Neither need name the market, so all pair groups may be asked. */
import * as z from 'zod';
import {
  type ApiAnswer,
  type ApiRequest,
  checked,
  isRefused,
  ok,
  refuse,
} from '#cloud/http-edge.ts';
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import type { Session } from '#cloud/session-token.ts';
import type { Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { signerOf } from '#wire/eip712.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { cancelBody, digestText } from '#wire/order-body.ts';
import { acceptedJson } from './accepted-json.ts';
import type { OrderRules } from './verify-order.ts';

export type CancelPorts = {
  matchers: Pick<MatcherClient, 'send'>;
  rules: OrderRules;
  newCommandId: () => string;
};
type CancelRequest = Extract<CommandRequest, { type: 'cancel' }>;

const query = z.strictObject({ market: z.string().max(40).optional() });
const path = z.object({ digest: digestText });

/** `POST /v1/orders/cancel`: a Cancel counts only where its account signed it. */
export async function cancelBySignature(
  request: ApiRequest,
  ports: CancelPorts,
): Promise<ApiAnswer> {
  const body = checked(cancelBody, request.body);
  if (isRefused(body)) return body;
  const { cancel, signature } = body.value;
  const commandId = ports.rules.digestOf.cancel(cancel);
  if (signerOf(commandId, signature) !== cancel.account) return refuse('bad_signature');
  const { account, orderDigest: digest, createdAtMs } = cancel;
  return cancelEverywhere(
    request,
    { type: 'cancel', commandId, account, digest, createdAtMs },
    ports,
  );
}

/** `DELETE /v1/orders/{digest}`: the signed-in owner's order. */
export async function cancelBySession(
  request: ApiRequest,
  { account }: Session,
  ports: CancelPorts,
): Promise<ApiAnswer> {
  const named = checked(path, request.path);
  if (isRefused(named)) return named;
  const commandId = ports.newCommandId();
  const { digest } = named.value;
  return cancelEverywhere(request, { type: 'cancel', commandId, account, digest }, ports);
}

async function cancelEverywhere(
  request: ApiRequest,
  command: CancelRequest,
  { matchers, rules }: CancelPorts,
): Promise<ApiAnswer> {
  const asked = checked(query, request.query);
  if (isRefused(asked)) return asked;
  const { market } = asked.value;
  const listed = market === undefined ? undefined : rules.markets.get(market);
  if (market !== undefined && !listed) return refuse('unknown_market');
  const groups = listed ? [listed.market.groupId] : allGroups(rules.markets);
  const outcomes = await Promise.all(groups.map((groupId) => cancelIn(groupId, command, matchers)));
  return joinOutcomes(command.digest, outcomes, rules.markets);
}

const allGroups = (markets: Map<string, ListedMarket>): string[] => [
  ...new Set([...markets.values()].map(({ market }) => market.groupId)),
];

type Outcome = CommandResult | MatcherUnavailable;

async function cancelIn(
  groupId: string,
  command: CancelRequest,
  matchers: CancelPorts['matchers'],
): Promise<Outcome> {
  try {
    const { results } = await matchers.send(groupId, [command]);
    if (!results[0]) throw new Error('the matcher left a command unanswered');
    return results[0];
  } catch (error) {
    if (error instanceof MatcherUnavailable) return error;
    throw error;
  }
}

/**
 * One answer of several groups: the one that had the order speaks. "There is no such order" is said only
 * when every group has said so: a group that did not answer may have it.
 */
function joinOutcomes(
  digest: Digest,
  outcomes: Outcome[],
  markets: Map<string, ListedMarket>,
): ApiAnswer {
  const results: CommandResult[] = [];
  const faults: MatcherUnavailable[] = [];
  for (const each of outcomes) {
    if (each instanceof MatcherUnavailable) faults.push(each);
    else results.push(each);
  }
  const accepted = results.find((each) => each.status === 'accepted');
  if (accepted) return ok(cancelledJson(digest, accepted, markets));
  const refusals = results.filter((each) => each.status === 'refused');
  const telling = refusals.find((each) => each.code !== 'unknown_order');
  if (telling) return refuse(telling.code, { digest });
  const fault = faults.find((each) => each.code === 'outcome_unknown') ?? faults[0];
  if (fault) throw fault;
  return refuse('unknown_order', { digest });
}

function cancelledJson(
  digest: Digest,
  result: Extract<CommandResult, { status: 'accepted' }>,
  markets: Map<string, ListedMarket>,
) {
  const listed = result.order ? markets.get(result.order.marketId) : undefined;
  if (listed) return acceptedJson(digest, result, listed);
  const { sequence, repeated } = result;
  return { status: 'accepted', digest, sequence, fills: [], ...(repeated ? { repeated } : {}) };
}
