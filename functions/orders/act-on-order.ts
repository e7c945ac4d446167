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
import type { CommandResult, OtherRequest } from '#wire/matcher-api.ts';
import { askGroups, type GroupOutcome, type GroupPorts, groupsFor } from './ask-groups.ts';

export type OrderCommand = Extract<OtherRequest, { type: 'cancel' | 'amend' }>;
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
  const listed = result.order && (await termsOf(result.order.marketId, ports));
  return ok(shown(digest, result, listed));
}

/** It is done: an answer without the order is better than a failure where the directory cannot be read. */
async function termsOf(
  marketId: string,
  { markets }: GroupPorts,
): Promise<ListedMarket | undefined> {
  try {
    return await markets.find(marketId);
  } catch {
    return undefined;
  }
}

/**
 * One answer of several groups: the one that had the order speaks, whatever the others are busy with. "There is no such order" is said only
 * when every group has said so: a group that did not answer may have it.
 */
function joined(outcomes: GroupOutcome[]): CommandResult {
  const results: CommandResult[] = [];
  const faults: MatcherUnavailable[] = [];
  for (const { outcome } of outcomes) {
    if (outcome instanceof MatcherUnavailable) faults.push(outcome);
    else results.push(outcome);
  }
  const telling = results.find(isDone) ?? results.find(knowsOrder);
  if (telling) return telling;
  const fault = faults.find((each) => each.code === 'outcome_unknown') ?? faults[0];
  if (fault) throw fault;
  const first = results.find(isOpen) ?? results[0];
  if (!first) throw new Error('no pair group was asked');
  return first;
}

const isDone = ({ status }: CommandResult): boolean => status === 'accepted';
/** Refused by a group that did not look for the order: it may have it. */
const mayHave: readonly string[] = ['busy', 'not_leader'];

const isOpen = (result: CommandResult): boolean =>
  result.status === 'refused' && mayHave.includes(result.code);
const knowsOrder = (result: CommandResult): boolean =>
  result.status === 'refused' && result.code !== 'unknown_order' && !isOpen(result);
