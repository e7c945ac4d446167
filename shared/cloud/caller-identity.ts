/**
 * Who invokes a function: Lambda does not tell it. So the caller signs a request to AWS's identity service (GetCallerIdentity)
 * with his own keys, and the function sends it on: AWS answers whose keys they are. A header that is signed with it names
 * the order, so that a signature is good for nothing else (after HashiCorp Vault's and Kubernetes' IAM authentication).
 */
import { createHash } from 'node:crypto';
import type { CallerProof, CallerRefusal } from '#wire/adjustments.ts';
import { type Credentials, signPost } from './aws-signature.ts';

type SignedProof = Extract<CallerProof, { type: 'signed' }>;

const body = 'Action=GetCallerIdentity&Version=2011-06-15';
const contentType = 'application/x-www-form-urlencoded; charset=utf-8';
const answersWithinMs = 5_000;

/** What a signature is for: this order, as it was sent, to this function. */
export type Purpose = { functionName: string; order: unknown };

const hostOf = (region: string): string =>
  `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

const purposeOf = ({ functionName, order }: Purpose): string =>
  createHash('sha256')
    .update(`${functionName}\n${JSON.stringify(order)}`)
    .digest('hex');

function headersOf(region: string, purpose: Purpose, date: string, token: string | undefined) {
  return {
    'content-type': contentType,
    host: hostOf(region),
    'x-amz-date': date,
    ...(token === undefined ? {} : { 'x-amz-security-token': token }),
    'x-crossbook-order': purposeOf(purpose),
  };
}

export function proveCaller(
  purpose: Purpose,
  { region, credentials, nowMs }: { region: string; credentials: Credentials; nowMs: number },
): SignedProof {
  const token = credentials.sessionToken;
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers = headersOf(region, purpose, date, token);
  const authorization = signPost({ region, service: 'sts', date, headers, body }, credentials);
  return { type: 'signed', date, authorization, ...(token === undefined ? {} : { token }) };
}

export type Caller = { person: string } | { refused: CallerRefusal };

/** The person whose keys signed the proof for this purpose; `account` is the deployment's own. */
export async function callerOf(
  { date, authorization, token }: SignedProof,
  purpose: Purpose,
  { region, account, fetch }: { region: string; account: string; fetch: typeof globalThis.fetch },
): Promise<Caller> {
  const headers = headersOf(region, purpose, date, token);
  // What is not signed anybody may change on the way: all of it must be, the order's header above all.
  const signed = `SignedHeaders=${Object.keys(headers).sort().join(';')}, `;
  if (!authorization.includes(signed)) return { refused: 'caller_not_proved' };
  // The address is never the caller's to choose.
  const answer = await fetch(`https://${headers.host}/`, {
    method: 'POST',
    headers: { ...headers, authorization, accept: 'application/json' },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(answersWithinMs),
  });
  if (answer.status >= 500) throw new Error(`the identity service answers ${answer.status}`);
  if (!answer.ok) return { refused: 'caller_not_proved' };
  const told = (await answer.json()) as {
    GetCallerIdentityResponse: { GetCallerIdentityResult: { Account: string; Arn: string } };
  };
  const { Account, Arn } = told.GetCallerIdentityResponse.GetCallerIdentityResult;
  const person = Account === account ? personOf(Arn) : undefined;
  return person === undefined ? { refused: 'caller_is_nobody' } : { person };
}

/**
 * The person behind an identity; undefined where it is none. Whoever assumes a role chooses the session's name, so one person
 * could be several: only IAM Identity Center, which chooses the name itself, is believed.
 */
export function personOf(arn: string): string | undefined {
  const user = /^arn:[^:]+:iam::\d+:user\/(?:[^/]+\/)*([^/]+)$/.exec(arn)?.[1];
  if (user !== undefined) return `user/${user}`;
  const session = /^arn:[^:]+:sts::\d+:assumed-role\/AWSReservedSSO_[^/]+\/([^/]+)$/.exec(arn)?.[1];
  return session === undefined ? undefined : `sso/${session}`;
}
