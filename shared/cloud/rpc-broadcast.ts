/** A signed transaction goes to every provider that works: one that takes it is enough, and more make it harder to lose. */
import { keccak256 } from 'ethers';
import type { RpcCall } from './rpc-exchange.ts';
import { type RpcOutcome, RpcUnavailable } from './rpc-outcome.ts';
import type { RpcProvider } from './rpc-provider.ts';

/** They have it, which is all that was wanted. */
const known = /already known|known transaction|already (exists|imported|in (the )?(mem)?pool)/i;

export async function broadcast(
  call: RpcCall,
  {
    providers,
    limits,
    closed,
  }: { providers: readonly RpcProvider[]; limits: { heavyMs: number }; closed: AbortSignal },
): Promise<string> {
  const working = providers.filter(({ health }) => health.breaker() === 'closed');
  const options = {
    weight: 'heavy',
    isRead: false,
    timeoutMs: limits.heavyMs,
    cancel: closed,
  } as const;
  // Who answers first decides nothing for the others: they are not cancelled.
  const waiting = new Map(
    (working.length > 0 ? working : providers).map((provider) => [
      provider,
      provider.call(call, options).then((outcome) => ({ provider, outcome })),
    ]),
  );
  const outcomes: RpcOutcome[] = [];
  while (waiting.size > 0) {
    const { provider, outcome } = await Promise.race(waiting.values());
    waiting.delete(provider);
    if (outcome.type === 'answered' && typeof outcome.result === 'string') return outcome.result;
    if (outcome.type === 'refused' && known.test(outcome.error.message))
      return keccak256(String(call.params[0]));
    outcomes.push(outcome);
  }
  const refused = outcomes.find((each) => each.type === 'refused' || each.type === 'missing');
  if (refused) throw refused.error;
  throw new RpcUnavailable(`${call.method}: no provider took it`, soonest(outcomes));
}

/** When a provider that asked for rest may be asked again. */
export function soonest(
  outcomes: readonly { type: string; retryAfterMs?: number | undefined }[],
): number | undefined {
  const waits = outcomes.flatMap(({ type, retryAfterMs }) =>
    type === 'limited' ? [retryAfterMs ?? 1_000] : [],
  );
  return waits.length > 0 ? Math.min(...waits) : undefined;
}
