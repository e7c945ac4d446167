/** Sign-in with Ethereum (EIP-4361): a nonce of ours, a message that names it, an ECDSA signature; a short token comes back. */
import { hashMessage } from 'ethers';
import { SiweMessage } from 'siwe';
import * as z from 'zod';
import type { Clock } from '#cloud/clock.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  checked,
  isRefused,
  type Refused,
  refuse,
} from '#cloud/http-edge.ts';
import type { SessionStore } from '#cloud/session-store.ts';
import type { SessionSigner } from '#cloud/session-token.ts';
import { signerOf } from '#cloud/signer-of.ts';
import type { NonceJson, SessionJson } from '#wire/rest-api.ts';

export type SignInPorts = {
  store: Pick<SessionStore, 'keepNonce' | 'takeNonce' | 'publishKey'>;
  /** Derives the key at the first use, which needs the secret. */
  signer: () => Promise<SessionSigner>;
  clock: Clock;
  newNonce: () => string;
  domains: readonly string[];
  chainId: bigint;
};

/** Long enough for a person to read what the wallet shows. */
export const nonceMs = 5 * 60_000;
/** A wallet's clock may be so far ahead of ours. */
const clockDriftMs = 60_000;

/** Any other text was never given, and might be too long for a key. */
const ourNonce = /^[0-9a-f]{32}$/;

const signInBody = z.strictObject({
  message: z.string().min(1).max(4_000),
  signature: z.string().regex(/^0x[0-9a-fA-F]{130}$/, '65 bytes in hex'),
});
const noFields = z.strictObject({}).optional();

/** `POST /v1/sessions/nonce`: a nonce that is good once, for five minutes. */
export async function giveNonce(request: ApiRequest, ports: SignInPorts): Promise<ApiAnswer> {
  const body = checked(noFields, request.body);
  if (isRefused(body)) return body;
  const answer: NonceJson = {
    nonce: ports.newNonce(),
    expiresAtMs: ports.clock.nowMs() + nonceMs,
  };
  await ports.store.keepNonce(answer.nonce, answer.expiresAtMs);
  return { status: 201, body: answer };
}

/** `POST /v1/sessions`: the nonce is used up only by a message that is right in everything else, so that nobody can burn another's. */
export async function signIn(request: ApiRequest, ports: SignInPorts): Promise<ApiAnswer> {
  const body = checked(signInBody, request.body);
  if (isRefused(body)) return body;
  const message = readMessage(body.value.message);
  if (isRefused(message)) return message;

  const nowMs = ports.clock.nowMs();
  const broken = ruleBroken(message, ports, nowMs);
  if (broken) return broken;
  const account = message.address.toLowerCase();
  // The very text that was signed is hashed, never one written anew from its parts.
  if (signerOf(hashMessage(body.value.message), body.value.signature) !== account)
    return refuse('bad_signature');
  if (!ourNonce.test(message.nonce) || !(await ports.store.takeNonce(message.nonce, nowMs)))
    return refuse('bad_nonce');

  const signer = await ports.signer();
  const answer: SessionJson = await signer.sign(account);
  return { status: 201, body: answer };
}

function readMessage(text: string): SiweMessage | Refused {
  try {
    return new SiweMessage(text);
  } catch {
    return invalid('not a sign-in message by EIP-4361');
  }
}

function ruleBroken(
  message: SiweMessage,
  { domains, chainId }: SignInPorts,
  nowMs: number,
): Refused | undefined {
  if (!domains.includes(message.domain))
    return invalid(`the domain must be ${domains.join(' or ')}`);
  if (message.version !== '1') return invalid('the version must be 1');
  if (BigInt(message.chainId) !== chainId)
    return refuse('wrong_chain', { chainId: Number(chainId) });
  const { issuedAt, notBefore, expirationTime } = message;
  if (!issuedAt || !(Date.parse(issuedAt) <= nowMs + clockDriftMs))
    return invalid('it was issued in the future');
  if (notBefore && !(Date.parse(notBefore) <= nowMs)) return invalid('it is not valid yet');
  if (expirationTime && !(nowMs < Date.parse(expirationTime))) return invalid('it has expired');
  return undefined;
}

const invalid = (why: string): Refused =>
  refuse('invalid_request', [{ path: 'message', message: why }]);
