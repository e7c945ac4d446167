/**
 * A URL by which anybody may fetch one object for some minutes: AWS Signature Version 4 in the query (AWS General Reference,
 * "Authenticating Requests: Using Query Parameters"). It lets its bearer do what our own credentials may, and no longer than they last.
 */
import { createHash, createHmac } from 'node:crypto';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { unsentRequest } from './unsent-request.ts';

export type ObjectUrl = (key: string, until: { nowMs: number; seconds: number }) => Promise<string>;

type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

/** Makes URLs of a bucket's objects, at the address where the client itself would fetch them. */
export function createObjectUrl(options: { client: S3Client; bucket: string }): ObjectUrl {
  const { client, bucket } = options;
  return async (key, { nowMs, seconds }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
    return presignedGet({
      url: await addressOf(client, bucket, key),
      region: await client.config.region(),
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
      nowMs,
      seconds,
    });
  };
}

async function addressOf(client: S3Client, bucket: string, key: string): Promise<URL> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const { protocol, hostname, port, path } = await unsentRequest(command, () =>
    client.send(command),
  );
  return new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}`);
}

export function presignedGet(request: {
  url: URL;
  region: string;
  credentials: Credentials;
  nowMs: number;
  seconds: number;
}): string {
  const { url, region, credentials, nowMs, seconds } = request;
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const query = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scope}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(seconds)],
    ...(credentials.sessionToken ? [['X-Amz-Security-Token', credentials.sessionToken]] : []),
    ['X-Amz-SignedHeaders', 'host'],
  ]
    .map(([name = '', value = '']) => `${encoded(name)}=${encoded(value)}`)
    .join('&');
  const canonical = [
    'GET',
    url.pathname,
    query,
    `host:${url.host}`,
    '',
    'host',
    'UNSIGNED-PAYLOAD',
  ];
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical.join('\n'))].join('\n');
  const signingKey = [...scope.split('/')].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(signingKey, toSign).toString('hex');
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${signature}`;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (secret: string | Buffer, text: string): Buffer =>
  createHmac('sha256', secret).update(text).digest();

/** RFC 3986, as the signature wants it: everything but letters, digits and -._~ */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
