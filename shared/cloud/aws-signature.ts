/** AWS Signature Version 4 of one POST, where no SDK client signs it: for others, and for the journal (docs.aws.amazon.com, "Create a signed AWS API request"). */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export type Credentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
};

export type Signable = {
  region: string;
  service: string;
  /** Such as 20260131T235959Z. */
  date: string;
  /** Every header that is signed, the host too; names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array;
};

type DayScope = Pick<Signable, 'region' | 'service'> & { day: string; secretAccessKey: string };
type DayKey = (scope: DayScope) => string | Buffer | KeyObject;

const sha256 = (text: string | Uint8Array): string => hash('sha256', text);
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** The `authorization` header of a POST to `/`. */
export function signPost(
  of: Signable,
  { accessKeyId, secretAccessKey }: Credentials,
  dayKey: DayKey = keyOfDay,
): string {
  const { region, service, date, headers, body } = of;
  const names = Object.keys(headers).sort();
  const signedHeaders = names.join(';');
  const lines = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join('');
  const canonical = ['POST', '/', '', lines, signedHeaders, sha256(body)].join('\n');
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = dayKey({ day, region, service, secretAccessKey });
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

function keyOfDay({ day, region, service, secretAccessKey }: DayScope): Buffer {
  const ofDay = hmac(`AWS4${secretAccessKey}`, day);
  return hmac(hmac(hmac(ofDay, region), service), 'aws4_request');
}

/** For who signs often, in one region for one service: the key is good for a day, and to make it takes longer than to sign. */
export function keptDayKey(): DayKey {
  let kept: { day: string; secretAccessKey: string; key: KeyObject } | undefined;
  return (scope) => {
    const { day, secretAccessKey } = scope;
    if (kept?.day !== day || kept.secretAccessKey !== secretAccessKey)
      kept = { day, secretAccessKey, key: createSecretKey(keyOfDay(scope)) };
    return kept.key;
  };
}
