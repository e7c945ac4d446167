/** AWS Signature Version 4 of POSTs, where no SDK client signs them: for others, and for the journal (docs.aws.amazon.com, "Create a signed AWS API request"). */
import { createHmac, createSecretKey, hash } from 'node:crypto';

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
};

type Body = string | Uint8Array;

const sha256 = (text: Body): string => hash('sha256', text);
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** The time of a signature as the header `x-amz-date` has it. */
export const signatureDate = (nowMs: number): string =>
  new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** The `authorization` header of a POST to `/`. */
export function signPost({ body, ...of }: Signable & { body: Body }, by: Credentials): string {
  return postSigner(of, by)(body);
}

/** The same for POSTs that differ in their bodies alone: what they share is put together once. */
export function postSigner(
  { region, service, date, headers }: Signable,
  { accessKeyId, secretAccessKey }: Credentials,
): (body: Body) => string {
  const names = Object.keys(headers).sort();
  const signedHeaders = names.join(';');
  const lines = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join('');
  const beforeBody = `POST\n/\n\n${lines}\n${signedHeaders}\n`;
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const beforeRequest = `AWS4-HMAC-SHA256\n${date}\n${scope}\n`;
  const beforeSignature = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=`;
  // As bytes it would be made a key anew each time, which takes longer than to sign.
  const key = createSecretKey(keyOfDay({ day, region, service, secretAccessKey }));
  return (body) => {
    const toSign = beforeRequest + sha256(beforeBody + sha256(body));
    return beforeSignature + createHmac('sha256', key).update(toSign).digest('hex');
  };
}

type DayScope = Pick<Signable, 'region' | 'service'> & { day: string; secretAccessKey: string };

function keyOfDay({ day, region, service, secretAccessKey }: DayScope): Buffer {
  const ofDay = hmac(`AWS4${secretAccessKey}`, day);
  return hmac(hmac(hmac(ofDay, region), service), 'aws4_request');
}
