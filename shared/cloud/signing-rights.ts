/** Who may sign for an account, and from which epoch on, as the door believes it: two seconds old at most. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Address, Digest } from '#domain/order.ts';
import { isCancelled, readChainAccount } from './chain-account.ts';
import type { Clock } from './clock.ts';
import { createDelegationStore, type KnownDelegation } from './delegation-store.ts';
import { leavingAssets } from './exit-store.ts';

export type SigningRights = {
  /** Orders and delegations of lower epochs count no more; 0 where the account never raised it on the chain. */
  epochOf(account: Address): Promise<bigint>;
  /** Whether its owner cancelled the order on the chain. */
  isCancelled(account: Address, digest: Digest): Promise<boolean>;
  /** Assets on the chain that an exit may take at any moment, however much comes in: an account sells none of them meanwhile. */
  leavingAssets(account: Address): Promise<ReadonlySet<string>>;
  /** The newest first. */
  delegationsOf(account: Address, sessionKey: Address): Promise<KnownDelegation[]>;
};

const rememberedMs = 2_000;
/** About a second of a busy function's accounts; more only costs reading again. */
const remembered = 2_000;

export function createSigningRights({
  client,
  table,
  clock,
}: {
  client: DynamoDBDocumentClient;
  table: string;
  clock: Pick<Clock, 'monotonicMs'>;
}): SigningRights {
  const store = createDelegationStore({ client, table });
  const accounts = rememberAWhile(
    (account: string) => readChainAccount({ client, table }, account),
    clock,
  );
  const leaving = rememberAWhile(
    (account: string) => leavingAssets({ client, table }, account),
    clock,
  );
  const delegations = rememberAWhile((key: string) => {
    const [account = '', sessionKey = ''] = key.split(' ');
    return store.ofKey(account, sessionKey);
  }, clock);
  return {
    epochOf: async (account) => (await accounts(account)).epoch,
    async isCancelled(account, digest) {
      const { hasCancelled } = await accounts(account);
      return hasCancelled && isCancelled({ client, table }, account, digest);
    },
    async leavingAssets(account) {
      const { hasExited } = await accounts(account);
      return hasExited ? leaving(account) : new Set();
    },
    delegationsOf: (account, sessionKey) => delegations(`${account} ${sessionKey}`),
  };
}

/** The same question is asked once in two seconds; a failure is not remembered. */
function rememberAWhile<T>(
  read: (key: string) => Promise<T>,
  clock: Pick<Clock, 'monotonicMs'>,
): (key: string) => Promise<T> {
  const known = new Map<string, { value: Promise<T>; untilMs: number }>();
  return (key) => {
    const found = known.get(key);
    if (found && clock.monotonicMs() < found.untilMs) return found.value;
    const value = read(key);
    value.catch(() => known.delete(key));
    known.delete(key);
    known.set(key, { value, untilMs: clock.monotonicMs() + rememberedMs });
    // The oldest question is the first of the map.
    const oldest = known.size > remembered ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    return value;
  };
}
