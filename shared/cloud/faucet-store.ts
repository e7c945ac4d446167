/** How often an account was given demo funds on a day: a list of claims, each named by its request, at most so many. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Address } from '#domain/order.ts';
import { ledgerKeys, ttlAttribute } from '#wire/table-keys.ts';

export type FaucetClaim = {
  account: Address;
  /** UTC day such as 2026-01-31. */
  day: string;
  /** The same key claims the same slot again. */
  key: string;
  limit: number;
};

export type FaucetStore = {
  /** The claim's slot of the day, 0 first; undefined where the day's slots are used up. */
  claim(claim: FaucetClaim): Promise<{ slot: number; repeated: boolean } | undefined>;
};

/** Lost races of one account against itself; each try sees the rival's claim. */
const claimTries = 20;
/** Claims are kept a day longer than they count. */
const keptSeconds = 2 * 86_400;

export function createFaucetStore(options: {
  client: DynamoDBDocumentClient;
  table: string;
}): FaucetStore {
  const { client, table } = options;
  const claimsOf = async (key: { pk: string; sk: string }): Promise<string[]> => {
    const get = new GetCommand({ TableName: table, Key: key, ConsistentRead: true });
    const { Item } = await client.send(get);
    return (Item as { claims?: string[] } | undefined)?.claims ?? [];
  };
  return {
    async claim({ account, day, key, limit }) {
      const row = ledgerKeys.faucetClaims(account, day);
      const expiresAt = Math.floor(Date.parse(day) / 1000) + keptSeconds;
      for (let tried = 0; tried < claimTries; tried += 1) {
        const claims = await claimsOf(row);
        if (claims.includes(key)) return { slot: claims.indexOf(key), repeated: true };
        if (claims.length >= limit) return undefined;
        const added = await addClaim({ client, table }, row, { claims, key, expiresAt });
        if (added) return { slot: claims.length, repeated: false };
      }
      throw new Error(`no claim of ${account} in ${claimTries} tries`);
    },
  };
}

async function addClaim(
  { client, table }: { client: DynamoDBDocumentClient; table: string },
  row: { pk: string; sk: string },
  next: { claims: string[]; key: string; expiresAt: number },
): Promise<boolean> {
  const { claims, key, expiresAt } = next;
  const first = claims.length === 0;
  try {
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: row,
        UpdateExpression: 'SET claims = :claims, #ttl = :expiresAt',
        // The list only grows, so its length says whether it is the one that was read.
        ConditionExpression: first ? 'attribute_not_exists(pk)' : 'size(claims) = :length',
        ExpressionAttributeNames: { '#ttl': ttlAttribute },
        ExpressionAttributeValues: {
          ':claims': [...claims, key],
          ':expiresAt': expiresAt,
          ...(first ? {} : { ':length': claims.length }),
        },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
