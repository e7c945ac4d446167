/**
 * Session tokens: JWTs signed with an Ed25519 key that is derived from one secret. Only the function
 * that signs knows the secret; whoever verifies reads the public half, by key id, from the sessions table.
 */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import type { Address } from '#domain/order.ts';
import type { Clock } from './clock.ts';
import { type ApiAnswer, type ApiRequest, isRefused, type Refused, refuse } from './http-edge.ts';
import type { PublicJwk } from './session-store.ts';

export type Session = { account: Address; expiresAtMs: number };
export type SessionSigner = {
  keyId: string;
  publicKey: PublicJwk;
  sign(account: Address): Promise<{ token: string } & Session>;
};
export type SessionVerifier = (token: string) => Promise<Session | Refused>;

/** Short, because a token cannot be taken back: a stolen one ends with its quarter of an hour. */
export const sessionMs = 15 * 60_000;
const issuer = 'crossbook';
const algorithm = 'EdDSA';
/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410). */
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Derives the signing key from the secret and signs tokens of one stage. */
export async function createSessionSigner(options: {
  secret: string;
  stage: string;
  clock: Clock;
}): Promise<SessionSigner> {
  const { secret, stage, clock } = options;
  if (secret.length < 32) throw new Error('the session secret is shorter than 32 characters');
  const seed = createHash('sha256').update(secret).digest();
  const privateKey = createPrivateKey({
    key: Buffer.concat([seedPrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x };
  const keyId = await calculateJwkThumbprint(publicKey);
  return {
    keyId,
    publicKey,
    async sign(account) {
      const issuedAtSeconds = Math.floor(clock.nowMs() / 1000);
      const expiresAtSeconds = issuedAtSeconds + sessionMs / 1000;
      const token = await new SignJWT()
        .setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(stage)
        .setSubject(account)
        .setIssuedAt(issuedAtSeconds)
        .setExpirationTime(expiresAtSeconds)
        .sign(privateKey);
      return { token, account, expiresAtMs: expiresAtSeconds * 1000 };
    },
  };
}

/** Verifies tokens of one stage. Keys are remembered once found: a published key never changes. */
export function createSessionVerifier(options: {
  keys: { publicKey(keyId: string): Promise<PublicJwk | undefined> };
  stage: string;
  clock: Clock;
}): SessionVerifier {
  const { keys, stage, clock } = options;
  const known = new Map<string, PublicJwk>();
  const keyOf = async (token: string) => {
    const keyId = keyIdOf(token);
    if (!keyId) return undefined;
    const key = known.get(keyId) ?? (await keys.publicKey(keyId));
    if (key) known.set(keyId, key);
    return key;
  };
  return async (token) => {
    const key = await keyOf(token);
    if (!key) return refuse('bad_session');
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [algorithm],
        issuer,
        audience: stage,
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(clock.nowMs()),
      });
      return { account: payload.sub ?? '', expiresAtMs: (payload.exp ?? 0) * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return refuse('session_expired');
      if (error instanceof errors.JOSEError) return refuse('bad_session');
      throw error;
    }
  };
}

/** Opens a route to signed-in users only. */
export function signedIn(
  verify: SessionVerifier,
  route: (request: ApiRequest, session: Session) => Promise<ApiAnswer>,
): (request: ApiRequest) => Promise<ApiAnswer> {
  return async (request) => {
    const { authorization = '' } = request.headers;
    const [, token] = /^Bearer ([\w.-]{1,2048})$/i.exec(authorization) ?? [];
    if (!token) return refuse('session_required');
    const session = await verify(token);
    return isRefused(session) ? session : route(request, session);
  };
}

/** The key id that a token names: a thumbprint is 43 characters, anything else is not worth a read. */
function keyIdOf(token: string): string | undefined {
  try {
    const { kid, alg } = decodeProtectedHeader(token);
    return alg === algorithm && kid && /^[\w-]{43}$/.test(kid) ? kid : undefined;
  } catch {
    return undefined;
  }
}
