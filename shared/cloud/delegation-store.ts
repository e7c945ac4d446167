/**
 * Delegations in the Chain table: kept for ever as they were signed, since an order may settle long after its key stopped
 * trading. A revocation is a row of its own under the owner's account, so that only the owner's word counts, and so that it
 * may come before the Delegation itself. It only moves forward: what is revoked stays so.
 */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Address, Digest } from '#domain/order.ts';
import {
  type DelegationBody,
  delegationJson,
  delegationsOfKeyAtMost,
  signedDelegation,
} from '#wire/delegation-body.ts';
import type { SignedDelegation } from '#wire/eip712.ts';
import type { AllowedMarket } from '#wire/market-tree.ts';
import { chainKeys, type Key } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { queryPage } from './query.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export type KnownDelegation = {
  digest: Digest;
  signed: SignedDelegation;
  /** Absent where its owner registered it on the chain. */
  signature?: string;
  /** The leaves of `marketsRoot`; none where all markets are allowed. */
  markets: AllowedMarket[];
  registeredAtMs: number;
  revokedAtMs?: number;
};

export type DelegationStore = {
  /** Once for ever: the same digest again changes nothing. */
  register(delegation: KnownDelegation): Promise<'created' | 'exists' | 'too_many'>;
  find(digest: Digest): Promise<KnownDelegation | undefined>;
  /** Of one session key, the newest first. */
  ofKey(account: Address, sessionKey: Address): Promise<KnownDelegation[]>;
  page(
    account: Address,
    page: { limit: number; cursor?: string },
  ): Promise<{ delegations: KnownDelegation[]; cursor?: string }>;
  /** By its owner, here or on the chain; also of one that is not known yet. The first time counts. */
  revoke(which: Which): Promise<void>;
  revokedAtMs(account: Address, digest: Digest): Promise<number | undefined>;
  /** The chain says so, with finality. */
  confirm(which: Which): Promise<void>;
  isConfirmed(account: Address, digest: Digest): Promise<boolean>;
};

type Which = { account: Address; digest: Digest; atMs: number };
type Where = { client: DynamoDBDocumentClient; table: string };

export function createDelegationStore(where: Where): DelegationStore {
  const { client, table } = where;
  const read = (key: Key) => readItem(where, key);
  const revokedAtMs = async (account: Address, digest: Digest) => {
    const item = await read(chainKeys.revokedDelegation(account, digest));
    return item && storedNumber(item['atMs']);
  };
  const withRevocation = async (item: Item): Promise<KnownDelegation> => {
    const known = knownFrom(item);
    const atMs = await revokedAtMs(known.signed.account, known.digest);
    return atMs === undefined ? known : { ...known, revokedAtMs: atMs };
  };
  const ofKey = async (account: Address, sessionKey: Address) => {
    const items = await itemsOfKey(where, account, sessionKey);
    const all = await Promise.all(items.map(withRevocation));
    return all.sort((a, b) => b.signed.createdAtMs - a.signed.createdAtMs);
  };
  return {
    async register(known) {
      const { account, sessionKey } = known.signed;
      const item = itemOf(known);
      const before = await itemsOfKey(where, account, sessionKey);
      if (before.some(({ digest }) => digest === known.digest)) return 'exists';
      if (before.length >= delegationsOfKeyAtMost) return 'too_many';
      const { status } = await transact(client, [
        put(table, chainKeys.delegation(known.digest), item),
        put(table, chainKeys.delegationOf(account, sessionKey, known.digest), item),
      ]);
      return status === 'written' ? 'created' : 'exists';
    },
    async find(digest) {
      const item = await read(chainKeys.delegation(digest));
      return item && withRevocation(item);
    },
    ofKey,
    async page(account, { limit, cursor }) {
      const from = cursor?.startsWith(chainKeys.delegationKeys) ? cursor : chainKeys.delegationKeys;
      const { items, cursor: next } = await queryPage(where, chainKeys.delegationsOf(account), {
        ...{ limit, oldest: true, after: from, before: `${chainKeys.delegationKeys}~` },
      });
      const delegations = await Promise.all(items.map(withRevocation));
      return { delegations, ...(next === undefined ? {} : { cursor: next }) };
    },
    revoke: (which) => note(where, chainKeys.revokedDelegation(which.account, which.digest), which),
    revokedAtMs,
    confirm: (which) =>
      note(where, chainKeys.registeredDelegation(which.account, which.digest), which),
    isConfirmed: async (account, digest) =>
      (await read(chainKeys.registeredDelegation(account, digest))) !== undefined,
  };
}

async function readItem({ client, table }: Where, key: Key): Promise<Item | undefined> {
  const get = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
  return (await untilSettled(() => client.send(get))).Item;
}

async function itemsOfKey(where: Where, account: Address, sessionKey: Address): Promise<Item[]> {
  const { pk, sk: after } = chainKeys.delegationOf(account, sessionKey, '');
  // Two requests of one moment may pass the bound.
  const limit = 2 * delegationsOfKeyAtMost;
  const page = { limit, oldest: true, after, before: `${after}~` } as const;
  return (await queryPage(where, pk, page)).items;
}

/** A fact and when it was: the first word stays. */
async function note({ client, table }: Where, key: Key, { atMs }: Which): Promise<void> {
  const write: Write = {
    Put: {
      TableName: table,
      Item: { ...key, atMs },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
  await transact(client, [write]);
}

const put = (table: string, key: Key, item: Item): Write => ({
  Put: {
    TableName: table,
    Item: { ...item, ...key },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** As text, so that what was signed is read back to the bit. */
function itemOf({ digest, signed, signature, markets, registeredAtMs }: KnownDelegation): Item {
  const content = JSON.stringify(delegationJson(signed));
  return {
    ...{ digest, content, markets: JSON.stringify(markets), registeredAtMs },
    ...(signature === undefined ? {} : { signature }),
  };
}

function knownFrom(item: Item): KnownDelegation {
  const signature = item['signature'];
  return {
    digest: String(item['digest']),
    signed: signedDelegation.parse(JSON.parse(String(item['content']))),
    markets: JSON.parse(String(item['markets'])) as AllowedMarket[],
    registeredAtMs: storedNumber(item['registeredAtMs']),
    ...(typeof signature === 'string' ? { signature } : {}),
  };
}

/** What a request registers. */
export function delegationFrom(
  body: DelegationBody,
  { digest, signature, atMs }: { digest: Digest; signature: string | undefined; atMs: number },
): KnownDelegation {
  return {
    ...{ digest, signed: body.delegation, markets: body.markets ?? [], registeredAtMs: atMs },
    ...(signature === undefined ? {} : { signature }),
  };
}
