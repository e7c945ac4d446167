/** Who asks, proved by a signature that AWS checks and that is good for one order to one function. */
import { expect, test } from 'vitest';
import { signPost } from '#cloud/aws-signature.ts';
import { callerOf, personOf, proveCaller } from '#cloud/caller-identity.ts';
import { identityService, type Known } from './identity-service.ts';

test("signs as AWS's published examples do", () => {
  const date = '20150830T123600Z';
  const keys = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  };
  const of = { region: 'us-east-1', service: 'service', date };
  const headers = { host: 'example.amazonaws.com', 'x-amz-date': date };
  expect(signPost({ ...of, headers, body: '' }, keys)).toContain(
    'Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  );
  const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
  expect(signPost({ ...of, headers: form, body: 'Param1=value1' }, keys)).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
      'SignedHeaders=content-type;host;x-amz-date, ' +
      'Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  );
});

const account = '123456789012';
const region = 'eu-central-1';
const order = { type: 'approve_adjustment', adjustmentId: 'adj-1' };
const purpose = { functionName: 'crossbook-prod-adjustments', order };
const nowMs = Date.UTC(2026, 0, 31, 12);
const ann = { accessKeyId: 'AKIAANN', secretAccessKey: 'secret of Ann' };
const known = (arn: string, more: Partial<Known> = {}): Known => ({
  ...{ secretAccessKey: ann.secretAccessKey, account, arn },
  ...more,
});
const annsArn = `arn:aws:iam::${account}:user/ann`;

function ask(
  of: Known,
  proof = proveCaller(purpose, { region, credentials: ann, nowMs }),
  wanted: { functionName: string; order: unknown } = purpose,
) {
  const service = identityService(new Map([['AKIAANN', of]]));
  return {
    caller: callerOf(proof, wanted, { region, account, fetch: service.fetch }),
    asked: service.asked,
  };
}

test('a user of the account is a person, by keys that last and by those of a session', async () => {
  const { caller, asked } = ask(known(annsArn));
  expect(await caller).toEqual({ person: 'user/ann' });
  expect(asked).toEqual([`https://sts.${region}.amazonaws.com/`]);
  const credentials = { ...ann, sessionToken: 'a token' };
  const proof = proveCaller(purpose, { region, credentials, nowMs });
  const session = ask(known(annsArn, { token: 'a token' }), proof);
  expect(await session.caller).toEqual({ person: 'user/ann' });
});

test('a signature is good for no other order and no other function', async () => {
  const refused = { refused: 'caller_not_proved' };
  const proof = proveCaller(purpose, { region, credentials: ann, nowMs });
  const other = { ...purpose, order: { ...order, adjustmentId: 'adj-2' } };
  expect(await ask(known(annsArn), proof, other).caller).toEqual(refused);
  const dev = { ...purpose, functionName: 'crossbook-dev-adjustments' };
  expect(await ask(known(annsArn), proof, dev).caller).toEqual(refused);
});

test('a signature that leaves the order out is good for none', async () => {
  const date = '20260131T120000Z';
  const headers = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: `sts.${region}.amazonaws.com`,
    'x-amz-date': date,
  };
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const authorization = signPost({ region, service: 'sts', date, headers, body }, ann);
  const { caller, asked } = ask(known(annsArn), { type: 'signed', date, authorization });
  expect(await caller).toEqual({ refused: 'caller_not_proved' });
  expect(asked).toEqual([]);
});

test('keys that AWS does not know, or of another account, prove nobody of ours', async () => {
  const forged = ask(known(annsArn, { secretAccessKey: 'another' }));
  expect(await forged.caller).toEqual({ refused: 'caller_not_proved' });
  const foreign = ask(known('arn:aws:iam::999999999999:user/ann', { account: '999999999999' }));
  expect(await foreign.caller).toEqual({ refused: 'caller_is_nobody' });
});

test('only identities whose names nobody chooses for himself are people', () => {
  expect(personOf('arn:aws:iam::123456789012:user/finance/ann')).toBe('user/ann');
  expect(
    personOf('arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/bea@x.io'),
  ).toBe('sso/bea@x.io');
  for (const arn of [
    'arn:aws:sts::123456789012:assumed-role/crossbook-prod-operator/ann',
    'arn:aws:sts::123456789012:federated-user/ann',
    'arn:aws:iam::123456789012:root',
    'arn:aws:sts::123456789012:assumed-role/Other/AWSReservedSSO_Ops/ann',
  ])
    expect(personOf(arn)).toBeUndefined();
});

test('an identity service that fails is a fault, not a refusal', async () => {
  const proof = proveCaller(purpose, { region, credentials: ann, nowMs });
  const fetch = async () => new Response('', { status: 503 });
  await expect(callerOf(proof, purpose, { region, account, fetch })).rejects.toThrow('503');
});
