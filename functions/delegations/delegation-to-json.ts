/** A Delegation as its owner sees it. */
import type { KnownDelegation } from '#cloud/delegation-store.ts';
import { delegationJson } from '#wire/delegation-body.ts';
import type { DelegationJson } from '#wire/rest-api.ts';

export function delegationToJson(known: KnownDelegation): DelegationJson {
  const { digest, signed, markets, signature, registeredAtMs, revokedAtMs } = known;
  return {
    ...delegationJson(signed),
    ...{ digest, markets, registeredAtMs },
    registeredBy: signature === undefined ? 'chain' : 'signature',
    ...(revokedAtMs === undefined ? {} : { revokedAtMs }),
  };
}
