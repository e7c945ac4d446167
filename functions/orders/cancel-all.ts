/** What a signed-in user asks of all pair groups at once: to cancel everything, now or when they are not heard of again. */
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
import type { Refusal } from '#domain/refusal.ts';
import type { OtherRequest } from '#wire/matcher-api.ts';
import { cancelAllAfterBody, cancelAllQuery } from '#wire/order-body.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import type { CancelledAllJson, GroupProblemJson, SwitchJson } from '#wire/rest-api.ts';
import type { Accepted } from './act-on-order.ts';
import { askGroups, type GroupOutcome, groupsFor } from './ask-groups.ts';
import type { CommandPorts } from './cancel-order.ts';

/** `DELETE /v1/orders`: what each pair group did. */
export async function cancelAll(
  request: ApiRequest,
  { account }: Session,
  ports: CommandPorts,
): Promise<ApiAnswer> {
  const asked = checked(cancelAllQuery, request.query);
  if (isRefused(asked)) return asked;
  const { market, side } = asked.value;
  const groups = await groupsFor(market, ports);
  if (!groups) return refuse('unknown_market');
  const command: OtherRequest = {
    type: 'cancel_all',
    commandId: ports.newCommandId(),
    account,
    ...(market === undefined ? {} : { market }),
    ...(side === undefined ? {} : { side }),
  };
  const outcomes = await askGroups(groups, command, ports.matchers);
  const answer: CancelledAllJson = {
    cancelled: outcomes.reduce((sum, { outcome }) => sum + cancelledBy(outcome), 0),
    groups: groupAnswers(outcomes, ({ cancelled = 0 }) => ({ cancelled })),
  };
  return ok(answer);
}

/** `POST /v1/orders/cancel-all-after`: each pair group has a switch of its own. */
export async function cancelAllAfter(
  request: ApiRequest,
  { account }: Session,
  ports: CommandPorts,
): Promise<ApiAnswer> {
  const body = checked(cancelAllAfterBody, request.body);
  if (isRefused(body)) return body;
  const { afterMs } = body.value;
  const commandId = ports.newCommandId();
  const command: OtherRequest = { type: 'cancel_all_after', commandId, account, afterMs };
  const outcomes = await askGroups(ports.groups, command, ports.matchers);
  const answer: SwitchJson = {
    groups: groupAnswers(outcomes, ({ switchDueMs = 0 }) =>
      switchDueMs > 0 ? { switchAtMs: switchDueMs } : {},
    ),
  };
  return ok(answer);
}

const cancelledBy = (outcome: GroupOutcome['outcome']): number =>
  'cancelled' in outcome ? (outcome.cancelled ?? 0) : 0;

/** Each group answers for itself; where no group could be reached the request as a whole has failed. */
function groupAnswers<Done extends object>(
  outcomes: GroupOutcome[],
  done: (result: Accepted) => Done,
): (({ group: string; status: 'accepted'; sequence: number } & Done) | GroupProblemJson)[] {
  const faults = outcomes.map(({ outcome }) => outcome instanceof MatcherUnavailable && outcome);
  if (faults[0] && faults.every(Boolean))
    throw faults.find((fault) => fault && fault.code === 'outcome_unknown') || faults[0];
  return outcomes.map(({ groupId: group, outcome }) => {
    if (outcome instanceof MatcherUnavailable || outcome.status === 'refused')
      return problemJson(group, outcome.code);
    const { sequence } = outcome;
    return { group, status: 'accepted' as const, sequence, ...done(outcome) };
  });
}

/** `unknown` where nobody can say whether the group did it: calling that refused would be a lie. */
function problemJson(group: string, code: Refusal): GroupProblemJson {
  const status = code === 'outcome_unknown' ? 'unknown' : 'refused';
  return { group, status, code, message: refusalTable[code].message };
}
