/** Ties a connection to the account of a session token: its private channel lasts as long, that of a former account ends. */
import type { FeedStore } from '#cloud/feed-store.ts';
import { isRefused, refuse } from '#cloud/http-edge.ts';
import type { SessionVerifier } from '#cloud/session-token.ts';
import type { FeedRoute } from '#cloud/websocket-edge.ts';

export function authenticate(ports: {
  store: Pick<FeedStore, 'connection' | 'signIn' | 'renew' | 'unsubscribe'>;
  verifySession: SessionVerifier;
}): FeedRoute<'authenticate'> {
  const { store, verifySession } = ports;
  return async ({ token }, { connectionId, atMs }) => {
    const session = await verifySession(token);
    if (isRefused(session)) return session;
    const { account, expiresAtMs } = session;
    const before = await store.connection(connectionId, atMs);
    const known = await store.signIn({ connectionId, account, sessionExpiresAtMs: expiresAtMs });
    if (!known) return refuse('unavailable');
    if (before?.account && before.account !== account)
      await store.unsubscribe({ connectionId, channel: `account:${before.account}` });
    else
      await store.renew({
        connectionId,
        channel: `account:${account}`,
        sessionExpiresAtMs: expiresAtMs,
      });
    return { type: 'authenticated', account, expiresAtMs };
  };
}
