/** What a user may choose: how credit is lent to the matchers; and how the matchers are set for the account. */
import * as z from 'zod';
import { type ApiAnswer, type ApiRequest, checked, isRefused, ok } from '#cloud/http-edge.ts';
import type { Session } from '#cloud/session-token.ts';
import type { AccountSettingsJson, SettingsJson } from '#wire/rest-api.ts';
import { type AccountPorts, accountViews } from './account-ports.ts';

const settingsBody = z.strictObject({ creditPolicy: z.enum(['exact', 'sticky']) });

/** `GET /v1/account/settings`: what was chosen, and what each pair group's matcher holds of the account beside orders and credit. */
export async function showSettings({ account }: Session, ports: AccountPorts): Promise<ApiAnswer> {
  const [settings, views] = await Promise.all([
    ports.ledger.accountSettings(account),
    accountViews(account, ports),
  ]);
  const groups = ports.groups.map((group, at) => {
    const { feeTier = 0, switchDueMs } = views[at] ?? {};
    return { group, feeTier, ...(switchDueMs === undefined ? {} : { switchAtMs: switchDueMs }) };
  });
  const answer: AccountSettingsJson = { ...settings, groups };
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
