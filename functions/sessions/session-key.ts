/** The signing key, derived once in a function's life; its public half is published before the first token needs it. */
import type { SessionStore } from '#cloud/session-store.ts';
import type { SessionSigner } from '#cloud/session-token.ts';

/** Loads at the first call and remembers; a failure is not remembered, so that the next request tries again. */
export function publishedSigner(
  store: Pick<SessionStore, 'publishKey'>,
  load: () => Promise<SessionSigner>,
): () => Promise<SessionSigner> {
  let loading: Promise<SessionSigner> | undefined;
  const publish = async () => {
    const signer = await load();
    await store.publishKey(signer.keyId, signer.publicKey);
    return signer;
  };
  return async () => {
    loading ??= publish();
    try {
      return await loading;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
}
