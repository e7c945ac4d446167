/** Sign-in nonces, each good once, and the public keys that verify session tokens. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
} from '@aws-sdk/lib-dynamodb';
import { sessionKeys, ttlAttribute } from '#wire/table-keys.ts';

/** An Ed25519 public key (RFC 8037). */
export type PublicJwk = { kty: 'OKP'; crv: 'Ed25519'; x: string };

export type SessionStore = {
  keepNonce(nonce: string, expiresAtMs: number): Promise<void>;
  /** Uses a nonce up: true once, and only before its end. */
  takeNonce(nonce: string, nowMs: number): Promise<boolean>;
  publishKey(keyId: string, key: PublicJwk): Promise<void>;
  publicKey(keyId: string): Promise<PublicJwk | undefined>;
};

export function createSessionStore({
  client,
  table,
}: {
  client: DynamoDBDocumentClient;
  table: string;
}): SessionStore {
  return {
    async keepNonce(nonce, expiresAtMs) {
      const item = {
        ...sessionKeys.nonce(nonce),
        expiresAtMs,
        [ttlAttribute]: Math.ceil(expiresAtMs / 1000),
      };
      await client.send(new PutCommand({ TableName: table, Item: item }));
    },

    async takeNonce(nonce, nowMs) {
      try {
        await client.send(
          new DeleteCommand({
            TableName: table,
            Key: sessionKeys.nonce(nonce),
            // TTL removes items late, so the time is compared too.
            ConditionExpression: 'attribute_exists(pk) AND expiresAtMs > :now',
            ExpressionAttributeValues: { ':now': nowMs },
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    async publishKey(keyId, key) {
      const item = { ...sessionKeys.publicKey(keyId), x: key.x };
      await client.send(new PutCommand({ TableName: table, Item: item }));
    },

    async publicKey(keyId) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: sessionKeys.publicKey(keyId) }),
      );
      const { x } = (Item ?? {}) as { x?: string };
      return x === undefined ? undefined : { kty: 'OKP', crv: 'Ed25519', x };
    },
  };
}
