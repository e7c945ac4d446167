/** The sessions table in memory, with the promises of the real one. */
import type { PublicJwk, SessionStore } from '#cloud/session-store.ts';

export function memorySessions(): SessionStore & { keys: Map<string, PublicJwk> } {
  const nonces = new Map<string, number>();
  const keys = new Map<string, PublicJwk>();
  return {
    keys,
    async keepNonce(nonce, expiresAtMs) {
      nonces.set(nonce, expiresAtMs);
    },
    async takeNonce(nonce, nowMs) {
      const expiresAtMs = nonces.get(nonce);
      if (expiresAtMs === undefined || expiresAtMs <= nowMs) return false;
      return nonces.delete(nonce);
    },
    async publishKey(keyId, key) {
      keys.set(keyId, key);
    },
    publicKey: async (keyId) => keys.get(keyId),
  };
}
