/** Registers a Delegation: by its owner's signature, or by what the chain says of it. The first broken rule is the answer. */
import type { Clock } from '#cloud/clock.ts';
import { type DelegationStore, delegationFrom } from '#cloud/delegation-store.ts';
import { type ApiAnswer, type ApiRequest, checked, isRefused, refuse } from '#cloud/http-edge.ts';
import { signerOf } from '#cloud/signer-of.ts';
import type { SigningRights } from '#cloud/signing-rights.ts';
import { type DelegationBody, delegationBody } from '#wire/delegation-body.ts';
import { canonicalSignature, type digests } from '#wire/eip712.ts';
import { allMarkets, marketsRootOf } from '#wire/market-tree.ts';
import { delegationToJson } from './delegation-to-json.ts';

export type RegisterPorts = {
  store: DelegationStore;
  rights: Pick<SigningRights, 'epochOf'>;
  digestOf: Pick<ReturnType<typeof digests>, 'delegation'>;
  clock: Pick<Clock, 'nowMs'>;
};

/** `POST /v1/account/delegations`: 201 with the Delegation, 200 where it was registered before. */
export async function registerDelegation(
  request: ApiRequest,
  ports: RegisterPorts,
): Promise<ApiAnswer> {
  const body = checked(delegationBody, request.body);
  if (isRefused(body)) return body;
  const { store, rights, clock } = ports;
  const { delegation } = body.value;
  const { account } = delegation;
  const digest = ports.digestOf.delegation(delegation);

  const signature =
    'signature' in body.value ? canonicalSignature(body.value.signature) : undefined;
  if ('registered' in body.value) {
    if (!(await store.isConfirmed(account, digest)))
      return refuse('delegation_not_registered', { digest });
  } else if (!signature || signerOf(digest, signature) !== account) {
    return refuse('bad_signature', { digest });
  }
  if (!makesRoot(body.value))
    return refuse('invalid_request', [{ path: 'markets', message: 'do not make marketsRoot' }]);
  if (delegation.epoch < (await rights.epochOf(account)))
    return refuse('epoch_too_low', { digest });
  if (delegation.expiresAtMs <= clock.nowMs()) return refuse('delegation_expired', { digest });
  // What was revoked is not taken again: a repeated request must not give a key back what its owner took.
  if ((await store.revokedAtMs(account, digest)) !== undefined)
    return refuse('delegation_revoked', { digest });

  const known = delegationFrom(body.value, { digest, signature, atMs: clock.nowMs() });
  const outcome = await store.register(known);
  if (outcome === 'too_many') return refuse('too_many_delegations');
  const kept = outcome === 'exists' ? ((await store.find(digest)) ?? known) : known;
  return { status: outcome === 'created' ? 201 : 200, body: delegationToJson(kept) };
}

/** The contract asks for each order's market under the root, so the door must know all leaves. */
function makesRoot({ delegation, markets = [] }: DelegationBody): boolean {
  if (delegation.marketsRoot === allMarkets) return markets.length === 0;
  const ofQuote = markets.every(({ quote }) => quote === delegation.quoteAsset);
  return ofQuote && marketsRootOf(markets) === delegation.marketsRoot;
}
