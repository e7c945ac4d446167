/** AWS Signature Version 4 of one POST, for the one request that no SDK client signs for others (docs.aws.amazon.com, "Create a signed AWS API request"). */
import { createHash, createHmac } from 'node:crypto';

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
  body: string;
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** The `authorization` header of a POST to `/`. */
export function signPost(of: Signable, { accessKeyId, secretAccessKey }: Credentials): string {
  const { region, service, date, headers, body } = of;
  const names = Object.keys(headers).sort();
  const signedHeaders = names.join(';');
  const lines = names.map((name) => `${name}:${headers[name]?.trim()}\n`).join('');
  const canonical = ['POST', '/', '', lines, signedHeaders, sha256(body)].join('\n');
  const day = date.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const ofDay = hmac(`AWS4${secretAccessKey}`, day);
  const key = hmac(hmac(hmac(ofDay, region), service), 'aws4_request');
  const signature = hmac(key, toSign).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}
