/** Sends a command about one live order to where it lives. It need not name the market, so all pair groups may be asked. */
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
import type { Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { askGroups, type GroupOutcome, type GroupPorts, groupsFor } from './ask-groups.ts';

export type OrderCommand = Extract<CommandRequest, { type: 'cancel' | 'amend' }>;
export type Accepted = Extract<CommandResult, { status: 'accepted' }>;
/** What its owner sees; `listed` is absent where the order was forgotten, or its market is not known here yet. */
export type Shown = (digest: Digest, result: Accepted, listed: ListedMarket | undefined) => object;

const query = z.strictObject({ market: z.string().max(40).optional() });

export async function actOnOrder(
  request: ApiRequest,
  command: OrderCommand,
  shown: Shown,
  ports: GroupPorts,
): Promise<ApiAnswer> {
  const asked = checked(query, request.query);
  if (isRefused(asked)) return asked;
  const groups = await groupsFor(asked.value.market, ports);
  if (!groups) return refuse('unknown_market');
  const { digest } = command;
  const result = joined(await askGroups(groups, command, ports.matchers));
  if (result.status === 'refused')
    return refuse(result.code, { digest, ...(result.repeated ? { repeated: true } : {}) });
  const listed = result.order && (await ports.markets.find(result.order.marketId));
  return ok(shown(digest, result, listed));
}

/**
 * One answer of several groups: the one that had the order speaks. "There is no such order" is said only
 * when every group has said so: a group that did not answer may have it.
 */
function joined(outcomes: GroupOutcome[]): CommandResult {
  const results: CommandResult[] = [];
  const faults: MatcherUnavailable[] = [];
  for (const { outcome } of outcomes) {
    if (outcome instanceof MatcherUnavailable) faults.push(outcome);
    else results.push(outcome);
  }
  const telling = results.find((each) => each.status === 'accepted' || hasOrder(each));
  if (telling) return telling;
  const fault = faults.find((each) => each.code === 'outcome_unknown') ?? faults[0];
  if (fault) throw fault;
  const [first] = results;
  if (!first) throw new Error('no pair group was asked');
  return first;
}

const hasOrder = (result: CommandResult): boolean =>
  result.status === 'refused' && result.code !== 'unknown_order';
