/** `sessions`: sign-in with Ethereum, and the tokens that open a user's own data. */
import { randomBytes } from 'node:crypto';
import { documentClient } from '#cloud/clients.ts';
import { systemClock } from '#cloud/clock.ts';
import { type ApiRequest, httpHandler } from '#cloud/http-edge.ts';
import { createLogger } from '#cloud/logger.ts';
import { readSecret } from '#cloud/secret.ts';
import { createSessionStore } from '#cloud/session-store.ts';
import { createSessionSigner } from '#cloud/session-token.ts';
import { setting, signingDomainOf } from '#cloud/settings.ts';
import { publishedSigner } from './session-key.ts';
import { giveNonce, type SignInPorts, signIn } from './sign-in.ts';

const environment = process.env;
const clock = systemClock;
const stage = setting(environment, 'stage');
const secretArn = setting(environment, 'sessionSecret');
const store = createSessionStore({
  client: documentClient(),
  table: setting(environment, 'sessionTable'),
});

const ports: SignInPorts = {
  store,
  signer: publishedSigner(store, async () =>
    createSessionSigner({ secret: await readSecret(secretArn), stage, clock }),
  ),
  clock,
  newNonce: () => randomBytes(16).toString('hex'),
  domains: setting(environment, 'signInDomains').split(','),
  chainId: signingDomainOf(environment).chainId,
};

const routes = {
  'POST /v1/sessions/nonce': (request: ApiRequest) => giveNonce(request, ports),
  'POST /v1/sessions': (request: ApiRequest) => signIn(request, ports),
};

export const handler = httpHandler('sessions', routes, { logger: createLogger('sessions') });
