/** What a user may choose: how credit is lent to the matchers. */
import * as z from 'zod';
import { type ApiAnswer, type ApiRequest, checked, isRefused, ok } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import type { SettingsJson } from '#wire/rest-api.ts';
import type { AccountPorts } from './account-ports.ts';

const settingsBody = z.strictObject({ creditPolicy: z.enum(['exact', 'sticky']) });

/** `GET /v1/account/settings`. */
export async function showSettings(
  { account }: Session,
  { ledger }: AccountPorts,
): Promise<ApiAnswer> {
  const answer: SettingsJson = await ledger.accountSettings(account);
  return ok(answer);
}

/** `PUT /v1/account/settings`: takes effect with the account's next grant. */
export async function changeSettings(
  request: ApiRequest,
  { account }: Session,
  { ledger }: AccountPorts,
): Promise<ApiAnswer> {
  const body = checked(settingsBody, request.body);
  if (isRefused(body)) return body;
  const answer: SettingsJson = body.value;
  await ledger.setAccountSettings(account, answer);
  return ok(answer);
}
