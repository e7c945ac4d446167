/** Whom a proof of identity proves: a person that AWS knows and the deployment names, or on a local cloud whoever it says. */
import { type Caller, callerOf } from '#cloud/caller-identity.ts';
import type { CallerProof } from '#wire/adjustments.ts';

export type IdentifyOptions = {
  isLocal: boolean;
  /** People who may propose and approve. */
  adjusters: readonly string[];
  functionName: string;
  region: string;
  /** Of the deployment. */
  account: string;
  fetch: typeof globalThis.fetch;
};

export async function identify(
  proof: CallerProof,
  order: unknown,
  options: IdentifyOptions,
): Promise<Caller> {
  const { isLocal, adjusters, functionName } = options;
  if (proof.type === 'claimed')
    return isLocal ? { person: proof.name } : { refused: 'caller_not_proved' };
  const caller = await callerOf(proof, { functionName, order }, options);
  if ('refused' in caller || adjusters.includes(caller.person)) return caller;
  return { refused: 'caller_not_named' };
}
