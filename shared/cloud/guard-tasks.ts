/** What matchers are to be told of acts on the chain, kept until each group has answered: no group's silence holds up another act. */
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { id } from 'ethers';
import type { GroupId } from '#domain/market.ts';
import type { CommandResult, OtherRequest } from '#wire/matcher-api.ts';
import { chainKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import type { Clock } from './clock.ts';
import { type MatcherClient, MatcherUnavailable } from './matcher-client.ts';
import { queryAll } from './query.ts';
import { sideBySide } from './side-by-side.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export type GuardTask = {
  account: string;
  /** One order; all of the account where it is absent. */
  digest?: string;
  /** Only orders that a session key signed by this Delegation. */
  delegation?: string;
  /** Names the act, and with it the commands: told twice, a matcher does it once. */
  seed: string;
  dueAtMs: number;
  /** Once more then: orders that were signed before the act may still come. */
  againAtMs?: number;
};

type Where = { client: DynamoDBDocumentClient; table: string };
export type TellPorts = {
  matchers: Pick<MatcherClient, 'send'>;
  groups: readonly GroupId[];
};
const tasksAtOnce = 8;

/** When all that was signed before an act has come or is too late: the admission window, what a door remembers, and some more. */
export const onceMoreMs = 70_000;

type About = Pick<GuardTask, 'account' | 'digest' | 'delegation'>;

function taskIdOf({ account, digest, delegation }: About): string {
  if (digest !== undefined) return `order#${account}#${digest}`;
  return delegation === undefined ? `all#${account}` : `key#${account}#${delegation}`;
}

/** A newer act of the same kind takes the place of the one before. */
export async function putTask({ client, table }: Where, task: GuardTask): Promise<void> {
  const Item = { ...chainKeys.guardTask(taskIdOf(task)), ...task };
  await untilSettled(() => client.send(new PutCommand({ TableName: table, Item })));
}

/** Has every matcher cancel what a key placed by a Delegation: now, and once more when nothing that it signed can be under way. */
export type EndOrders = (account: string, delegation: string) => Promise<void>;

export function ordersEnder(where: Where, clock: Pick<Clock, 'nowMs'>): EndOrders {
  return (account, delegation) => {
    const dueAtMs = clock.nowMs();
    const againAtMs = dueAtMs + onceMoreMs;
    return putTask(where, { account, delegation, seed: 'by its owner', dueAtMs, againAtMs });
  };
}

export async function guardTasks(where: Where): Promise<GuardTask[]> {
  return (await queryAll(where, chainKeys.guardTasks)).map(taskIn);
}

/** Works off what is due; how long the oldest of what is left has been due. */
export async function workTasks(
  where: Where,
  { nowMs, ...ports }: TellPorts & { nowMs: number },
): Promise<{ oldestMs: number }> {
  const due = (await guardTasks(where)).filter(({ dueAtMs }) => dueAtMs <= nowMs);
  const left = await sideBySide(due, tasksAtOnce, async (task) => {
    if (!(await tellGroups(commandOf(task), ports))) return nowMs - task.dueAtMs;
    await taskDone(where, task);
    return 0;
  });
  return { oldestMs: Math.max(0, ...left) };
}

/** Only this very task: a newer one that took its place stays. */
async function taskDone({ client, table }: Where, task: GuardTask): Promise<void> {
  const Key = chainKeys.guardTask(taskIdOf(task));
  const same = {
    ConditionExpression: 'seed = :seed AND dueAtMs = :due',
    ExpressionAttributeValues: { ':seed': task.seed, ':due': task.dueAtMs },
  };
  const { againAtMs, ...rest } = task;
  const write: Write =
    againAtMs === undefined
      ? { Delete: { TableName: table, Key, ...same } }
      : { Put: { TableName: table, Item: { ...Key, ...rest, dueAtMs: againAtMs }, ...same } };
  await transact(client, [write]);
}

/** Ids of 32 bytes, as users' commands have. */
function commandOf(task: GuardTask): OtherRequest {
  const { account, digest, delegation, seed, dueAtMs } = task;
  const commandId = id(`guard:${taskIdOf(task)}:${seed}:${dueAtMs}`);
  if (digest !== undefined) return { type: 'cancel', commandId, account, digest };
  const only = delegation === undefined ? {} : { delegation };
  return { type: 'cancel_all', commandId, account, ...only };
}

export const cancelAllCommand = (account: string, seed: string): OtherRequest => ({
  ...{ type: 'cancel_all', commandId: id(`guard:${seed}`), account },
});

/** Whether every group has done it, or never had to. */
export async function tellGroups(
  command: OtherRequest,
  { matchers, groups }: TellPorts,
): Promise<boolean> {
  const done = await Promise.all(
    groups.map(async (groupId) => {
      try {
        const { results } = await matchers.send(groupId, [command]);
        return results[0] !== undefined && isDone(results[0]);
      } catch (error) {
        if (error instanceof MatcherUnavailable) return false;
        throw error;
      }
    }),
  );
  return done.every(Boolean);
}

/** An order that is unknown is kept out from now on; one that ended is what was wanted. */
const isDone = (result: CommandResult): boolean =>
  result.status === 'accepted' || (result.code !== 'busy' && result.code !== 'not_leader');

function taskIn(item: Item): GuardTask {
  const { digest, delegation, againAtMs } = item;
  return {
    account: String(item['account']),
    seed: String(item['seed']),
    dueAtMs: storedNumber(item['dueAtMs']),
    ...(typeof digest === 'string' ? { digest } : {}),
    ...(typeof delegation === 'string' ? { delegation } : {}),
    ...(againAtMs === undefined ? {} : { againAtMs: storedNumber(againAtMs) }),
  };
}
