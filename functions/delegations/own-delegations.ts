/** An owner's Delegations: all of them, and the end of one. */
import * as z from 'zod';
import type { Clock } from '#cloud/clock.ts';
import type { DelegationStore } from '#cloud/delegation-store.ts';
import type { EndOrders } from '#cloud/guard-tasks.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  checked,
  isRefused,
  ok,
  refuse,
} from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import { digestText } from '#wire/order-body.ts';
import type { DelegationsJson } from '#wire/rest-api.ts';
import { delegationToJson } from './delegation-to-json.ts';

export type OwnPorts = {
  store: DelegationStore;
  clock: Pick<Clock, 'nowMs'>;
  endOrders: EndOrders;
};

const path = z.object({ digest: digestText });
const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(50),
  cursor: z.string().max(200).optional(),
});

/** `GET /v1/account/delegations`: by session key, revoked and expired ones too. */
export async function listDelegations(
  request: ApiRequest,
  { account }: Session,
  { store }: OwnPorts,
): Promise<ApiAnswer> {
  const asked = checked(query, request.query);
  if (isRefused(asked)) return asked;
  const { limit, cursor: from } = asked.value;
  const page = from === undefined ? { limit } : { limit, cursor: from };
  const { delegations, cursor } = await store.page(account, page);
  const answer: DelegationsJson = {
    delegations: delegations.map(delegationToJson),
    ...(cursor === undefined ? {} : { cursor }),
  };
  return ok(answer);
}

/**
 * `DELETE /v1/account/delegations/{digest}`: its key places nothing more here, and what it placed is cancelled, now and once more when
 * nothing that it signed before can be under way. The exchange does that: who does not trust it revokes on the chain.
 */
export async function endDelegation(
  request: ApiRequest,
  { account }: Session,
  { store, clock, endOrders }: OwnPorts,
): Promise<ApiAnswer> {
  const named = checked(path, request.path);
  if (isRefused(named)) return named;
  const { digest } = named.value;
  const known = await store.find(digest);
  if (known?.signed.account !== account) return refuse('not_found');
  await store.revoke({ account, digest, atMs: clock.nowMs() });
  await endOrders(account, digest);
  return ok(delegationToJson((await store.find(digest)) ?? known));
}
