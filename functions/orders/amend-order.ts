/** Makes an order smaller in its place: by a signed Amend, or by a session. */
import * as z from 'zod';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import { amendBody, digestText, sessionAmendBody } from '#wire/order-body.ts';
import { amendedJson } from './accepted-json.ts';
import { actOnOrder } from './act-on-order.ts';
import type { CommandPorts } from './cancel-order.ts';
import { mayChange } from './may-change.ts';

const path = z.object({ digest: digestText });

/** `POST /v1/orders/amend`: an Amend counts where its account signed it, or the session key that placed the order. */
export async function amendBySignature(
  request: ApiRequest,
  ports: CommandPorts,
): Promise<ApiAnswer> {
  const body = checked(amendBody, request.body);
  if (isRefused(body)) return body;
  const { amend, signature } = body.value;
  const { account, orderDigest: digest, newAmount, createdAtMs } = amend;
  const signed = { account, digest: ports.digestOf.amend(amend), signature };
  const leave = await mayChange(signed, ports);
  if (leave.status === 'refused') return refuse(leave.code);
  const command = { type: 'amend' as const, ...leave.as, account, digest, newAmount, createdAtMs };
  return actOnOrder(request, command, amendedJson, ports);
}

/** `PATCH /v1/orders/{digest}`: the signed-in owner's order. */
export async function amendBySession(
  request: ApiRequest,
  { account }: Session,
  ports: CommandPorts,
): Promise<ApiAnswer> {
  const named = checked(path, request.path);
  if (isRefused(named)) return named;
  const body = checked(sessionAmendBody, request.body);
  if (isRefused(body)) return body;
  const commandId = ports.newCommandId();
  const { digest } = named.value;
  const { newAmount } = body.value;
  const command = { type: 'amend' as const, commandId, account, digest, newAmount };
  return actOnOrder(request, command, amendedJson, ports);
}
