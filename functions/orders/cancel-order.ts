/** Cancels an order: by a signed Cancel, or by a session. */
import * as z from 'zod';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import { signerOf } from '#cloud/signer-of.ts';
import type { digests } from '#wire/eip712.ts';
import { cancelBody, digestText } from '#wire/order-body.ts';
import { acceptedJson } from './accepted-json.ts';
import { actOnOrder } from './act-on-order.ts';
import type { GroupPorts } from './ask-groups.ts';

export type CommandPorts = GroupPorts & {
  digestOf: ReturnType<typeof digests>;
  /** Of what a session asks for: 32 random bytes as 0x-hex, as long as a digest. */
  newCommandId: () => string;
};

const path = z.object({ digest: digestText });

/** `POST /v1/orders/cancel`: a Cancel counts only where its account signed it. */
export async function cancelBySignature(
  request: ApiRequest,
  ports: CommandPorts,
): Promise<ApiAnswer> {
  const body = checked(cancelBody, request.body);
  if (isRefused(body)) return body;
  const { cancel, signature } = body.value;
  const commandId = ports.digestOf.cancel(cancel);
  if (signerOf(commandId, signature) !== cancel.account) return refuse('bad_signature');
  const { account, orderDigest: digest, createdAtMs } = cancel;
  const command = { type: 'cancel' as const, commandId, account, digest, createdAtMs };
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
