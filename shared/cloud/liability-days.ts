/** What was owed at the end of each day, as published; and how far a day's proof has come until then. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type { AssetId } from '#domain/asset.ts';
import type { PublishedLiability } from '#wire/liability-proof.ts';
import { liabilityKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { storedNumber, storedUnits } from './stored-number.ts';
import { untilSettled } from './transaction.ts';

/** What the vault held, and who said so. */
export type VaultHeld = { vaultUnits: bigint; vaultSource: 'ledger' | 'chain' };
export type PublishedTree = PublishedLiability & VaultHeld;

/** One step's findings: the objects are named by the step, so that a step that lost its race overwrites nothing. */
export type GatheredPart = { part: string; assets: AssetId[] };
export type GatheredAsset = { asset: AssetId; accounts: number; units: bigint };

export const liabilityFailures = [
  'negative_balance',
  'does_not_balance',
  'differs_from_reconciliation',
  'unknown_asset',
] as const;
export type LiabilityFailure = {
  code: (typeof liabilityFailures)[number];
  /** For operators: which account and asset, and by how much. */
  details: string;
};

export type LiabilityDay = {
  day: string;
  /** Counts the writes; each is conditional on it. */
  step: number;
  state: 'gathering' | 'building' | 'published' | 'failed';
  /** How far the directory of accounts is read. */
  shard: number;
  after: string;
  parts: GatheredPart[];
  gathered: GatheredAsset[];
  trees: PublishedTree[];
  startedAtMs: number;
  publishedAtMs?: number;
  failure?: LiabilityFailure;
};

export type LiabilityDays = {
  read(day: string): Promise<LiabilityDay | undefined>;
  /** Newest first, days before `before` only. */
  page(options: { limit: number; before?: string }): Promise<LiabilityDay[]>;
  /**
   * Writes the next step of a day where it still stands at the one before; undefined where somebody else has gone on.
   * What is published is never written again.
   */
  write(next: Omit<LiabilityDay, 'step'>, seen: number): Promise<LiabilityDay | undefined>;
};

export function createLiabilityDays(where: {
  client: DynamoDBDocumentClient;
  /** The ledger's. */
  table: string;
}): LiabilityDays {
  const { client, table } = where;
  return {
    async read(day) {
      const get = new GetCommand({
        TableName: table,
        Key: liabilityKeys.day(day),
        ConsistentRead: true,
      });
      const { Item: item } = await untilSettled(() => client.send(get));
      return item && readDay(item);
    },
    async page({ limit, before }) {
      const query = new QueryCommand({
        TableName: table,
        KeyConditionExpression: before === undefined ? 'pk = :pk' : 'pk = :pk AND sk < :before',
        ExpressionAttributeValues: {
          ':pk': liabilityKeys.days,
          ...(before === undefined ? {} : { ':before': before }),
        },
        ScanIndexForward: false,
        Limit: limit,
      });
      const { Items = [] } = await untilSettled(() => client.send(query));
      return Items.map(readDay);
    },
    async write(next, seen) {
      const step = seen + 1;
      const put = new PutCommand({
        TableName: table,
        Item: dayItem({ ...next, step }),
        ...(seen === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: '#step = :seen AND #state <> :published',
              ExpressionAttributeNames: { '#step': 'step', '#state': 'state' },
              ExpressionAttributeValues: { ':seen': seen, ':published': 'published' },
            }),
      });
      try {
        await untilSettled(() => client.send(put));
        return { ...next, step };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },
  };
}

const dayItem = (day: LiabilityDay): Item => ({
  ...liabilityKeys.day(day.day),
  ...day,
  trees: day.trees.map((tree) => ({ ...tree, totalUnits: BigInt(tree.totalUnits) })),
});

function readDay(item: Item): LiabilityDay {
  const { publishedAtMs, failure } = item;
  return {
    day: String(item['sk']),
    step: storedNumber(item['step']),
    state: item['state'] as LiabilityDay['state'],
    shard: storedNumber(item['shard']),
    after: String(item['after']),
    parts: item['parts'] as GatheredPart[],
    gathered: (item['gathered'] as Item[]).map((each) => ({
      asset: String(each['asset']),
      accounts: storedNumber(each['accounts']),
      units: storedUnits(each['units']),
    })),
    trees: (item['trees'] as Item[]).map(readTree),
    startedAtMs: storedNumber(item['startedAtMs']),
    ...(publishedAtMs === undefined ? {} : { publishedAtMs: storedNumber(publishedAtMs) }),
    ...(failure === undefined ? {} : { failure: failure as LiabilityFailure }),
  };
}

const readTree = (item: Item): PublishedTree => ({
  day: String(item['day']),
  asset: String(item['asset']),
  decimals: storedNumber(item['decimals']),
  accounts: storedNumber(item['accounts']),
  root: String(item['root']),
  totalUnits: storedUnits(item['totalUnits']).toString(),
  vaultUnits: storedUnits(item['vaultUnits']),
  vaultSource: item['vaultSource'] as VaultHeld['vaultSource'],
});
