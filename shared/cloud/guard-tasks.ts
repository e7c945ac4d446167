/** What matchers are to be told of acts on the chain, kept until each group has answered: no group's silence holds up another act. */
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { id } from 'ethers';
import type { GroupId } from '#domain/market.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { chainKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { type MatcherClient, MatcherUnavailable } from './matcher-client.ts';
import { queryAll } from './query.ts';
import { sideBySide } from './side-by-side.ts';
import { storedNumber } from './stored-number.ts';
import { transact, untilSettled, type Write } from './transaction.ts';

export type GuardTask = {
  account: string;
  /** One order; all of the account where it is absent. */
  digest?: string;
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

const taskIdOf = ({ account, digest }: Pick<GuardTask, 'account' | 'digest'>): string =>
  digest === undefined ? `all#${account}` : `order#${account}#${digest}`;

/** A newer act of the same kind takes the place of the one before. */
export async function putTask({ client, table }: Where, task: GuardTask): Promise<void> {
  const Item = { ...chainKeys.guardTask(taskIdOf(task)), ...task };
  await untilSettled(() => client.send(new PutCommand({ TableName: table, Item })));
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
function commandOf({ account, digest, seed, dueAtMs }: GuardTask): CommandRequest {
  const commandId = id(
    `guard:${taskIdOf({ account, ...(digest && { digest }) })}:${seed}:${dueAtMs}`,
  );
  return digest === undefined
    ? { type: 'cancel_all', commandId, account }
    : { type: 'cancel', commandId, account, digest };
}

export const cancelAllCommand = (account: string, seed: string): CommandRequest => ({
  ...{ type: 'cancel_all', commandId: id(`guard:${seed}`), account },
});

/** Whether every group has done it, or never had to. */
export async function tellGroups(
  command: CommandRequest,
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
  const { digest, againAtMs } = item;
  return {
    account: String(item['account']),
    seed: String(item['seed']),
    dueAtMs: storedNumber(item['dueAtMs']),
    ...(typeof digest === 'string' ? { digest } : {}),
    ...(againAtMs === undefined ? {} : { againAtMs: storedNumber(againAtMs) }),
  };
}
