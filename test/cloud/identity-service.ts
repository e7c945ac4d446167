/** AWS's identity service, as far as it answers who signed: it knows keys and whose they are, and checks every signed header. */
import { signPost } from '#cloud/aws-signature.ts';

export type Known = { secretAccessKey: string; account: string; arn: string; token?: string };

export function identityService(keys: ReadonlyMap<string, Known>) {
  const asked: string[] = [];
  const fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    asked.push(String(url));
    const headers: Record<string, string> = { ...(init.headers as Record<string, string>) };
    const { authorization = '' } = headers;
    const [, accessKeyId = '', date = '', region = '', service = ''] =
      /Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request/.exec(authorization) ?? [];
    const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
    const known = keys.get(accessKeyId);
    const signed = Object.fromEntries(names.map((name) => [name, headers[name] ?? '']));
    const expected = known
      ? signPost(
          {
            region,
            service,
            date: headers['x-amz-date'] ?? '',
            headers: signed,
            body: String(init.body),
          },
          { accessKeyId, secretAccessKey: known.secretAccessKey },
        )
      : '';
    const isKnown =
      known !== undefined &&
      authorization === expected &&
      date === headers['x-amz-date']?.slice(0, 8) &&
      known.token === headers['x-amz-security-token'];
    if (!isKnown)
      return Response.json({ Error: { Code: 'SignatureDoesNotMatch' } }, { status: 403 });
    const GetCallerIdentityResult = { Account: known.account, Arn: known.arn, UserId: 'AIDA' };
    return Response.json({ GetCallerIdentityResponse: { GetCallerIdentityResult } });
  };
  return { fetch: fetch as typeof globalThis.fetch, asked };
}
