/**
 * Exports as jobs in the ledger's table: asked for once by their id, taken by one worker at a time, over once for ever.
 *
 * Every change of a job is on condition of its version, so whoever lost it learns that at his next word. An account's desk
 * says how many of its exports are not over and which one runs; it changes in the same transactions. `open` rows, of all
 * accounts in one partition, exist as long as a job is not over: the sweep's list.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { assert } from '#domain/assertion.ts';
import { exportContent } from '#wire/export-request.ts';
import { exportKeys } from '#wire/table-keys.ts';
import { getItems, type Item, keyText } from './batch-items.ts';
import { type ExportJob, jobItem, type NewExport, readJob, type Upload } from './export-job.ts';
import { queryAll, queryPage } from './query.ts';
import { storedNumber } from './stored-number.ts';
import { backOff, transact, type Write } from './transaction.ts';

export type { ExportJob, NewExport, Upload };

/** An account's exports that are not over, and those that it may ask for in a day: each may read a year of rows. */
export const openAtMost = 10;
export const dailyAtMost = 50;
/** A worker takes a job so often without getting further; then the job has failed. */
export const attemptsAtMost = 5;
/** A job that is over is listed a day longer than its file is kept. */
const listedSeconds = 8 * 86_400;

export type AskAnswer =
  /** `exists`: it was asked for before, and stands as it is. */
  | { status: 'created' | 'exists'; job: ExportJob }
  | { status: 'exists_with_different_content' | 'too_many_open' | 'too_many_today' };

export type TakeAnswer =
  | { status: 'taken'; job: ExportJob }
  /** Another worker has it until then. */
  | { status: 'held'; untilMs: number }
  /** Another export of the account runs. */
  | { status: 'waits' }
  /** It has just been given up: too many attempts. */
  | { status: 'failed'; job: ExportJob }
  | { status: 'over' | 'unknown' };

type JobName = Pick<ExportJob, 'account' | 'exportId'>;
type Lease = { nowMs: number; leaseMs: number };

export type ExportStore = {
  ask(wish: NewExport): Promise<AskAnswer>;
  find(account: string, exportId: string): Promise<ExportJob | undefined>;
  /** Newest first; a job that is over leaves the list after a week or so. */
  list(account: string, limit: number): Promise<ExportJob[]>;
  take(name: JobName, lease: Lease): Promise<TakeAnswer>;
  /** Writes a running job's progress and keeps it for longer, or gives it out of hand with a lease of 0. Throws ExportLost. */
  save(job: ExportJob, lease: Lease): Promise<ExportJob>;
  /** Ends it. Throws ExportLost. */
  end(job: ExportJob, status: 'done' | 'failed', nowMs: number): Promise<ExportJob>;
  /** Jobs that are not over, of one account or of all. */
  open(of: { account?: string; limit: number }): Promise<ExportJob[]>;
};

/** Another worker has the job now, or it is over. */
export class ExportLost extends Error {
  override name = 'ExportLost';
}

type Where = { client: DynamoDBDocumentClient; table: string };

/** Rivals are requests of one account: few, and each wins once. */
const raceTries = 20;

export function createExportStore(where: Where): ExportStore {
  const read = async (names: readonly JobName[]): Promise<ExportJob[]> => {
    const keys = names.map(({ account, exportId }) => exportKeys.job(account, exportId));
    return [...(await getItems(where, keys)).values()].map(readJob);
  };
  return {
    ask: (wish) => untilWon(`asking for ${wish.exportId}`, () => ask(where, wish)),
    find: async (account, exportId) => (await read([{ account, exportId }]))[0],
    async list(account, limit) {
      const items = await queryAll(where, exportKeys.jobs(account));
      const jobs = items.filter(({ sk }) => String(sk).startsWith('EXPORT#')).map(readJob);
      return jobs.sort((a, b) => b.createdAtMs - a.createdAtMs).slice(0, limit);
    },
    take: (name, lease) => untilWon(`taking ${name.exportId}`, () => take(where, name, lease)),
    async save(job, { nowMs, leaseMs }) {
      const next = { ...job, atMs: nowMs, leaseUntilMs: leaseMs === 0 ? 0 : nowMs + leaseMs };
      const written = numbered(job, next);
      const { status } = await transact(where.client, [jobWrite(where.table, job, written)]);
      if (status === 'refused') throw new ExportLost(`${job.exportId} is another's, or over`);
      return written;
    },
    end: (job, status, nowMs) =>
      untilWon(`ending ${job.exportId}`, () => end(where, job, status, nowMs)),
    async open({ account, limit }) {
      const prefix = account === undefined ? '' : `${account}#`;
      const { items } = await queryPage(where, exportKeys.allOpen, {
        limit,
        oldest: true,
        ...(prefix === '' ? {} : { after: prefix, before: `${prefix}~` }),
      });
      return read(
        items.map((item) => ({
          account: String(item['account']),
          exportId: String(item['exportId']),
        })),
      );
    },
  };
}

async function untilWon<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tried = 1; tried <= raceTries; tried += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
    await backOff(Math.min(tried, 5));
  }
  throw new Error(`${what} lost ${raceTries} races`);
}

async function ask(where: Where, wish: NewExport): Promise<AskAnswer | undefined> {
  const { account, exportId, createdAtMs } = wish;
  const { job: known, desk } = await readBoth(where, wish);
  if (known)
    return exportContent(known) === exportContent(wish)
      ? { status: 'exists', job: known }
      : { status: 'exists_with_different_content' };
  const day = new Date(createdAtMs).toISOString().slice(0, 10);
  const askedToday = desk.day === day ? desk.asked : 0;
  if (desk.open >= openAtMost) return { status: 'too_many_open' };
  if (askedToday >= dailyAtMost) return { status: 'too_many_today' };

  const job: ExportJob = {
    ...wish,
    ...{ status: 'queued', version: 1, atMs: createdAtMs, leaseUntilMs: 0, attempts: 0 },
    ...{ restarts: 0, rows: 0, bytes: 0, reachedMs: wish.from },
  };
  const { status } = await transact(where.client, [
    putNew(where.table, jobItem(job)),
    putNew(where.table, { ...exportKeys.open(account, exportId), account, exportId }),
    deskWrite(where.table, account, desk, {
      ...desk,
      ...{ day, asked: askedToday + 1, open: desk.open + 1 },
    }),
  ]);
  return status === 'written' ? { status: 'created', job } : undefined;
}

async function take(
  where: Where,
  name: JobName,
  { nowMs, leaseMs }: Lease,
): Promise<TakeAnswer | undefined> {
  const { job, desk } = await readBoth(where, name);
  if (!job) return { status: 'unknown' };
  if (isOver(job)) return { status: 'over' };
  if (job.leaseUntilMs > nowMs) return { status: 'held', untilMs: job.leaseUntilMs };
  if (desk.running !== undefined && desk.running !== job.exportId) return { status: 'waits' };
  if (job.attempts >= attemptsAtMost) {
    const failed = await end(where, job, 'failed', nowMs);
    return failed && { status: 'failed', job: failed };
  }
  const next: ExportJob = {
    ...job,
    ...{ status: 'running', attempts: job.attempts + 1, atMs: nowMs },
    leaseUntilMs: nowMs + leaseMs,
  };
  const written = numbered(job, next);
  const { status } = await transact(where.client, [
    jobWrite(where.table, job, written),
    deskWrite(where.table, job.account, desk, { ...desk, running: job.exportId }),
  ]);
  return status === 'written' ? { status: 'taken', job: written } : undefined;
}

async function end(
  where: Where,
  job: ExportJob,
  status: 'done' | 'failed',
  nowMs: number,
): Promise<ExportJob | undefined> {
  const { account, exportId } = job;
  const { job: now, desk } = await readBoth(where, job);
  // The answer of the try before was lost.
  if (now?.version === job.version + 1 && now.status === status) return now;
  if (now?.version !== job.version) throw new ExportLost(`${exportId} is another's, or over`);
  const { running, ...others } = desk;
  const isItself = running === exportId || running === undefined;
  const after = { ...(isItself ? others : desk), open: desk.open - 1 };
  const { upload: _, told: __, ...kept } = job;
  const next = numbered(job, {
    ...kept,
    ...(job.upload && status === 'done' ? { objectKey: job.upload.key } : {}),
    ...{ status, atMs: nowMs, leaseUntilMs: 0, doneAtMs: nowMs },
    expiresAt: Math.floor(nowMs / 1000) + listedSeconds,
  });
  const outcome = await transact(where.client, [
    jobWrite(where.table, job, next),
    deskWrite(where.table, account, desk, after),
    { Delete: { TableName: where.table, Key: exportKeys.open(account, exportId) } },
  ]);
  return outcome.status === 'written' ? next : undefined;
}

const isOver = ({ status }: ExportJob): boolean => status === 'done' || status === 'failed';

const numbered = (from: ExportJob, to: ExportJob): ExportJob => ({
  ...to,
  version: from.version + 1,
});

/** What an account has under way. */
type Desk = { version: number; open: number; running?: string; day: string; asked: number };

async function readBoth(where: Where, { account, exportId }: JobName) {
  const [jobKey, deskKey] = [exportKeys.job(account, exportId), exportKeys.desk(account)];
  const items = await getItems(where, [jobKey, deskKey]);
  const job = items.get(keyText(jobKey));
  return { job: job && readJob(job), desk: readDesk(items.get(keyText(deskKey)) ?? {}) };
}

const readDesk = (item: Item): Desk => ({
  version: storedNumber(item['version']),
  open: storedNumber(item['open']),
  day: String(item['day'] ?? ''),
  asked: storedNumber(item['asked']),
  ...(item['running'] === undefined ? {} : { running: String(item['running']) }),
});

function deskWrite(table: string, account: string, from: Desk, to: Desk): Write {
  assert(to.open >= 0, `${account} has less than no exports`);
  return {
    Put: {
      TableName: table,
      Item: { ...exportKeys.desk(account), ...to, version: from.version + 1 },
      ...(from.version === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: 'version = :seen',
            ExpressionAttributeValues: { ':seen': from.version },
          }),
    },
  };
}

const jobWrite = (table: string, from: ExportJob, to: ExportJob): Write => ({
  Put: {
    TableName: table,
    Item: jobItem(to),
    ConditionExpression: 'version = :seen',
    ExpressionAttributeValues: { ':seen': from.version },
  },
});

const putNew = (table: string, item: Item): Write => ({
  Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
});
