/** Cancels an order: by a signed Cancel, or by a session. */
import * as z from 'zod';
import type { Clock } from '#cloud/clock.ts';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import type { SigningRights } from '#cloud/signing-rights.ts';
import type { digests } from '#wire/eip712.ts';
import { cancelBody, digestText } from '#wire/order-body.ts';
import { acceptedJson } from './accepted-json.ts';
import { actOnOrder } from './act-on-order.ts';
import type { GroupPorts } from './ask-groups.ts';
import { mayChange } from './may-change.ts';

export type CommandPorts = GroupPorts & {
  rights: SigningRights;
  clock: Pick<Clock, 'nowMs'>;
  digestOf: ReturnType<typeof digests>;
  /** Of what a session asks for: 32 random bytes as 0x-hex, as long as a digest. */
  newCommandId: () => string;
};

const path = z.object({ digest: digestText });

/** `POST /v1/orders/cancel`: a Cancel counts where its account signed it, or the session key that placed the order. */
export async function cancelBySignature(
  request: ApiRequest,
  ports: CommandPorts,
): Promise<ApiAnswer> {
  const body = checked(cancelBody, request.body);
  if (isRefused(body)) return body;
  const { cancel, signature } = body.value;
  const { account, orderDigest: digest, createdAtMs } = cancel;
  const signed = { account, digest: ports.digestOf.cancel(cancel), signature };
  const leave = await mayChange(signed, ports);
  if (leave.status === 'refused') return refuse(leave.code);
  const command = { type: 'cancel' as const, ...leave.as, account, digest, createdAtMs };
  return actOnOrder(request, command, acceptedJson, ports);
}

/** `DELETE /v1/orders/{digest}`: the signed-in owner's order. */
export async function cancelBySession(
  request: ApiRequest,
  { account }: Session,
  ports: CommandPorts,
): Promise<ApiAnswer> {
  const named = checked(path, request.path);
  if (isRefused(named)) return named;
  const commandId = ports.newCommandId();
  const { digest } = named.value;
  const command = { type: 'cancel' as const, commandId, account, digest };
  return actOnOrder(request, command, acceptedJson, ports);
}
