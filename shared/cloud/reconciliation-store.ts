/** Reconciliations and what they found, in the ledger's table: how far a pass has come, its outcome, and every difference. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import {
  type Difference,
  differenceName,
  type KeptDifference,
  type Reconciliation,
} from '#domain/reconciliation.ts';
import { reconciliationKeys } from '#wire/table-keys.ts';
import { dayOf } from './account-sums.ts';
import { getItems, type Item } from './batch-items.ts';
import { queryAll } from './query.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled } from './transaction.ts';

/** The pass that is made on demand, of the present. */
export const presentPass = 'now';
/** The partition of differences that are still there. */
const openDay = 'open';

/** A pass as it was read, for the next write: nobody else wrote in between. */
export type HeldPass = { pass: Reconciliation; version: number; heldUntilMs: number };

export type ReconciliationStore = {
  read(name: string): Promise<HeldPass | undefined>;
  /** Writes a pass where it still is what was read; undefined where somebody else has gone on with it. */
  write(
    pass: Reconciliation,
    seen: HeldPass | undefined,
    heldUntilMs: number,
  ): Promise<HeldPass | undefined>;
  /** The newest day that is finished. */
  newestDay(): Promise<Reconciliation | undefined>;
  /** The time since the end of the newest day that is finished; while there is none, since the first pass began. */
  ageMs(nowMs: number): Promise<number>;
  /** Keeps what was found: first seen now, or seen again. */
  keep(found: readonly Difference[], atMs: number): Promise<void>;
  /** They were looked for and not found. */
  gone(differences: readonly KeptDifference[], atMs: number): Promise<void>;
  /** Still there. */
  open(): Promise<KeptDifference[]>;
  /** First seen on a day, and gone. */
  goneOf(day: string): Promise<KeptDifference[]>;
};

export function createReconciliationStore(where: {
  client: DynamoDBDocumentClient;
  table: string;
}): ReconciliationStore {
  const { client, table } = where;
  return {
    async read(name) {
      const Key = reconciliationKeys.day(name);
      const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
      const { Item: item } = await untilSettled(() => client.send(get));
      return item && readPass(item);
    },
    async write(pass, seen, heldUntilMs) {
      const version = (seen?.version ?? 0) + 1;
      const put = new PutCommand({
        TableName: table,
        Item: passItem(pass, version, heldUntilMs),
        ...(seen
          ? {
              ConditionExpression: '#version = :seen',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':seen': seen.version },
            }
          : { ConditionExpression: 'attribute_not_exists(pk)' }),
      });
      try {
        await untilSettled(() => client.send(put));
        return { pass, version, heldUntilMs };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },
    async newestDay() {
      return (await days(where)).filter(isFinished).at(-1);
    },
    async ageMs(nowMs) {
      const all = await days(where);
      const newest = all.filter(isFinished).at(-1);
      return nowMs - (newest?.endMs ?? all[0]?.startedAtMs ?? nowMs);
    },
    async keep(found, atMs) {
      const named = new Map(found.map((each) => [differenceName(each), each]));
      const keys = [...named.keys()].map((name) => reconciliationKeys.difference(openDay, name));
      const known = await getItems(where, keys);
      const first = new Map(
        [...known.values()].map((item) => [
          String(item['sk']),
          storedNumber(item['firstSeenAtMs']),
        ]),
      );
      for (const [name, each] of named) {
        const firstSeenAtMs = first.get(name) ?? atMs;
        const kept = { ...each, firstSeenAtMs, lastSeenAtMs: atMs };
        const Item = { ...reconciliationKeys.difference(openDay, name), ...kept };
        await untilSettled(() => client.send(new PutCommand({ TableName: table, Item })));
      }
    },
    async gone(differences, atMs) {
      for (const each of differences) {
        const name = differenceName(each);
        const day = dayOf(each.firstSeenAtMs);
        const closed = { ...each, goneAtMs: atMs };
        await transact(client, [
          { Delete: { TableName: table, Key: reconciliationKeys.difference(openDay, name) } },
          {
            Put: {
              TableName: table,
              Item: {
                ...reconciliationKeys.difference(day, `${name}#${each.firstSeenAtMs}`),
                ...closed,
              },
            },
          },
        ]);
      }
    },
    async open() {
      const items = await queryAll(where, reconciliationKeys.differences(openDay));
      return items.map(readDifference);
    },
    async goneOf(day) {
      return (await queryAll(where, reconciliationKeys.differences(day))).map(readDifference);
    },
  };
}

/** Oldest first. */
async function days(where: {
  client: DynamoDBDocumentClient;
  table: string;
}): Promise<Reconciliation[]> {
  const items = await queryAll(where, reconciliationKeys.days);
  return items.map((item) => readPass(item).pass).filter(({ name }) => name !== presentPass);
}

export const isFinished = ({ place }: Reconciliation): boolean => place.phase === 'finished';

/** What people look for stands apart; the whole is text, with amounts as digits and an n. */
function passItem(pass: Reconciliation, version: number, heldUntilMs: number): Item {
  const { name, place, startMs, endMs, differences } = pass;
  return {
    ...reconciliationKeys.day(name),
    status: isFinished(pass) ? 'finished' : 'running',
    ...{ phase: place.phase, startMs, endMs, differences, version, heldUntilMs },
    pass: JSON.stringify(pass, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
  };
}

function readPass(item: Item): HeldPass {
  const revive = (_: string, value: unknown) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
  return {
    pass: JSON.parse(String(item['pass']), revive) as Reconciliation,
    version: storedNumber(item['version']),
    heldUntilMs: storedNumber(item['heldUntilMs']),
  };
}

function readDifference(item: Item): KeptDifference {
  const text = (name: 'account' | 'asset' | 'groupId') =>
    item[name] === undefined ? {} : { [name]: String(item[name]) };
  return {
    kind: String(item['kind']) as Difference['kind'],
    what: String(item['what']),
    ...text('account'),
    ...text('asset'),
    ...text('groupId'),
    expected: String(item['expected']),
    found: String(item['found']),
    firstSeenAtMs: storedNumber(item['firstSeenAtMs']),
    lastSeenAtMs: storedNumber(item['lastSeenAtMs']),
    ...(item['isOld'] === true ? { isOld: true as const } : {}),
    ...(item['goneAtMs'] === undefined ? {} : { goneAtMs: storedNumber(item['goneAtMs']) }),
  };
}
