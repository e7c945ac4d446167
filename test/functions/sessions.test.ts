import { Wallet } from 'ethers';
import { SiweMessage } from 'siwe';
import { beforeEach, describe, expect, test } from 'vitest';
import { httpHandler } from '#cloud/http-edge.ts';
import { createSessionSigner, createSessionVerifier } from '#cloud/session-token.ts';
import { publishedSigner } from '../../functions/sessions/session-key.ts';
import { giveNonce, type SignInPorts, signIn } from '../../functions/sessions/sign-in.ts';
import { call, silentLogger } from './http-call.ts';
import { memorySessions } from './memory-sessions.ts';
import { aliceKey, bobKey } from './trader.ts';

const wallet = new Wallet(aliceKey);
const stage = 'local';
let nowMs: number;
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
let store: ReturnType<typeof memorySessions>;
let handler: ReturnType<typeof httpHandler<'sessions'>>;

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  store = memorySessions();
  let nonces = 0;
  const ports: SignInPorts = {
    store,
    clock,
    signer: publishedSigner(store, () =>
      createSessionSigner({ secret: 's'.repeat(64), stage, clock }),
    ),
    newNonce: () => (++nonces).toString(16).padStart(32, '0'),
    domains: ['localhost:8080', 'crossbook.example'],
    chainId: 31337n,
  };
  const routes = {
    'POST /v1/sessions/nonce': (request: Parameters<typeof giveNonce>[0]) =>
      giveNonce(request, ports),
    'POST /v1/sessions': (request: Parameters<typeof signIn>[0]) => signIn(request, ports),
  };
  handler = httpHandler('sessions', routes, { logger: silentLogger });
});

const nonce = async (): Promise<string> =>
  (await call(handler, 'POST /v1/sessions/nonce')).body.nonce;

async function message(changes: Partial<SiweMessage> = {}): Promise<string> {
  return new SiweMessage({
    domain: 'localhost:8080',
    address: wallet.address,
    statement: 'Sign in to Crossbook.',
    uri: 'http://localhost:8080',
    version: '1',
    chainId: 31337,
    nonce: changes.nonce ?? (await nonce()),
    issuedAt: new Date(nowMs).toISOString(),
    ...changes,
  }).prepareMessage();
}

async function send(text: string, signer = wallet) {
  const body = { message: text, signature: await signer.signMessage(text) };
  return call(handler, 'POST /v1/sessions', { body });
}

const refused: [string, string, () => Promise<string>][] = [
  ['names another site', 'invalid_request', () => message({ domain: 'evil.example' })],
  [
    'names a site with ours as its beginning',
    'invalid_request',
    () => message({ domain: 'localhost:80801' }),
  ],
  ['names another chain', 'wrong_chain', () => message({ chainId: 1 })],
  [
    'has expired',
    'invalid_request',
    () => message({ expirationTime: new Date(nowMs).toISOString() }),
  ],
  [
    'is not valid yet',
    'invalid_request',
    () => message({ notBefore: new Date(nowMs + 1000).toISOString() }),
  ],
  [
    'was issued in the future',
    'invalid_request',
    () => message({ issuedAt: new Date(nowMs + 120_000).toISOString() }),
  ],
  ['names a nonce of its own', 'bad_nonce', () => message({ nonce: 'f'.repeat(32) })],
  ['names a nonce that is no key', 'bad_nonce', () => message({ nonce: 'a'.repeat(3_000) })],
  ['is no sign-in message', 'invalid_request', async () => 'let me in'],
  [
    'hides a second message in its statement',
    'invalid_request',
    async () => (await message()).replace('Crossbook.', 'Crossbook.\n\nNonce: 1'),
  ],
];
describe('signing in', () => {
  test('a signed message with our nonce gives a token that opens the account for 15 minutes', async () => {
    const { status, body } = await send(await message());
    expect(status).toBe(201);
    const account = wallet.address.toLowerCase();
    expect(body).toMatchObject({ account, expiresAtMs: nowMs + 15 * 60_000 });

    const verify = createSessionVerifier({ keys: store, stage, clock });
    expect(await verify(body.token)).toEqual({ account, expiresAtMs: body.expiresAtMs });
    nowMs += 15 * 60_000;
    expect(await verify(body.token)).toEqual({ refused: 'session_expired' });
  });

  test('a nonce is good once', async () => {
    const text = await message();
    await send(text);
    expect(await send(text)).toMatchObject({ status: 401, body: { code: 'bad_nonce' } });
  });

  test('a nonce is good for five minutes', async () => {
    const text = await message();
    nowMs += 5 * 60_000;
    expect(await send(text)).toMatchObject({ status: 401, body: { code: 'bad_nonce' } });
  });

  test('a wrong signature does not use the nonce up', async () => {
    const text = await message();
    const forged = await send(text, new Wallet(bobKey));
    expect(forged).toMatchObject({ status: 401, body: { code: 'bad_signature' } });
    expect(await send(text)).toMatchObject({ status: 201 });
  });

  test.each(refused)('a message that %s is refused: %s', async (_, code, make) => {
    const answer = await send(await make());
    expect(answer.body.code).toBe(code);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(store.keys.size).toBe(0);
  });

  test('the nonce route takes an empty body and no unknown field', async () => {
    expect(await call(handler, 'POST /v1/sessions/nonce', { body: {} })).toMatchObject({
      status: 201,
    });
    const answer = await call(handler, 'POST /v1/sessions/nonce', { body: { account: '0x1' } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'unknown_field' } });
  });

  test('a secret that cannot be read once is asked for again', async () => {
    let reads = 0;
    const signer = publishedSigner(store, async () => {
      reads += 1;
      if (reads === 1) throw new Error('throttled');
      return createSessionSigner({ secret: 's'.repeat(64), stage, clock });
    });
    await expect(signer()).rejects.toThrow('throttled');
    await signer();
    await signer();
    expect(reads).toBe(2);
  });
});
