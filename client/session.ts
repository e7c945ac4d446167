/** Sign-in with Ethereum (EIP-4361): a token that opens one's own data, renewed before it ends. */
import { getAddress } from 'ethers';
import type { SessionJson } from '#wire/rest-api.ts';
import type { Rest } from './rest.ts';
import type { ServerClock } from './server-clock.ts';
import type { OrderSigner } from './signing.ts';

export type Session = {
  /** A token that is good for another half minute at least; signs in where there is none. */
  token(): Promise<string>;
  /** Signs in anew at the next question: the exchange has just refused the token. */
  forget(): void;
};

export type SessionOptions = {
  rest: Pick<Rest, 'nonce' | 'signIn'>;
  signer: Pick<OrderSigner, 'getAddress' | 'signMessage'>;
  clock: ServerClock;
  chainId: () => Promise<bigint>;
  /** The page that asks; the exchange lists which it takes. */
  domain: string;
  uri: string;
};

const renewBeforeMs = 30_000;

export function createSession(options: SessionOptions): Session {
  let current: Promise<SessionJson> | undefined;
  return {
    async token() {
      current ??= signIn(options);
      try {
        const session = await current;
        if (session.expiresAtMs - renewBeforeMs > (await options.clock.nowMs()))
          return session.token;
      } catch (error) {
        current = undefined;
        throw error;
      }
      current = signIn(options);
      return (await current).token;
    },
    forget() {
      current = undefined;
    },
  };
}

async function signIn(options: SessionOptions): Promise<SessionJson> {
  const { rest, signer, clock, domain, uri } = options;
  const { nonce } = await rest.nonce();
  const message = signInMessage({
    domain,
    uri,
    address: await signer.getAddress(),
    chainId: await options.chainId(),
    nonce,
    issuedAtMs: await clock.nowMs(),
  });
  return rest.signIn({ message, signature: await signer.signMessage(message) });
}

/** The text that the wallet shows, exactly as EIP-4361 writes it. */
export function signInMessage(given: {
  domain: string;
  uri: string;
  address: string;
  chainId: bigint;
  nonce: string;
  issuedAtMs: number;
}): string {
  return [
    `${given.domain} wants you to sign in with your Ethereum account:`,
    getAddress(given.address),
    '',
    'Sign in to Crossbook. This costs nothing and moves nothing.',
    '',
    `URI: ${given.uri}`,
    'Version: 1',
    `Chain ID: ${given.chainId}`,
    `Nonce: ${given.nonce}`,
    `Issued At: ${new Date(given.issuedAtMs).toISOString()}`,
  ].join('\n');
}
