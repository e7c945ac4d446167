/** One export of a statement: what is wanted, and how far it is; as an item and as a value. */
import type { ExportFilters, ExportFormat, ExportKind } from '#wire/export-request.ts';
import { exportKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import { storedNumber } from './stored-number.ts';

/** What somebody asks for. */
export type NewExport = {
  account: string;
  exportId: string;
  kind: ExportKind;
  format: ExportFormat;
  /** ms; `from` counts, `to` does not. */
  from: number;
  to: number;
  filters: ExportFilters;
  createdAtMs: number;
};

/** A file that is being written in parts. */
export type Upload = {
  key: string;
  uploadId: string;
  /** Of the parts that are there, in order; their number is their place, from 1. */
  etags: string[];
  /** Where the rows behind those parts begin: the last row's place. */
  cursor?: string;
  /** An object with what was written behind the parts and is too short for one. */
  rest?: string;
  /** All rows are in parts: only to be put together. */
  isWhole?: true;
};

export type ExportJob = NewExport & {
  status: 'queued' | 'running' | 'done' | 'failed';
  /** Counts every change. */
  version: number;
  /** Of the newest change. */
  atMs: number;
  /** A worker has it until then. */
  leaseUntilMs: number;
  /** How often it was taken since it last got further. */
  attempts: number;
  /** How often its file was begun anew, because the upload was gone. */
  restarts: number;
  /** What is written, and up to which time. */
  rows: number;
  bytes: number;
  reachedMs: number;
  /** How far a run is beyond that, for those who wait; what is not in a part is read again by the next run. */
  told?: { rows: number; reachedMs: number };
  upload?: Upload;
  /** Of a file that is there. */
  objectKey?: string;
  doneAtMs?: number;
  /** Seconds: when the row may go. */
  expiresAt?: number;
};

export const jobItem = (job: ExportJob): Item => ({
  ...exportKeys.job(job.account, job.exportId),
  ...job,
});

export function readJob(item: Item): ExportJob {
  const number = (name: string) => storedNumber(item[name]);
  return {
    account: String(item['account']),
    exportId: String(item['exportId']),
    kind: item['kind'] as ExportKind,
    format: item['format'] as ExportFormat,
    from: number('from'),
    to: number('to'),
    filters: (item['filters'] ?? {}) as ExportFilters,
    createdAtMs: number('createdAtMs'),
    status: item['status'] as ExportJob['status'],
    version: number('version'),
    atMs: number('atMs'),
    leaseUntilMs: number('leaseUntilMs'),
    attempts: number('attempts'),
    restarts: number('restarts'),
    rows: number('rows'),
    bytes: number('bytes'),
    reachedMs: number('reachedMs'),
    ...(item['told'] === undefined ? {} : { told: readTold(item['told'] as Item) }),
    ...(item['upload'] === undefined ? {} : { upload: item['upload'] as Upload }),
    ...(item['objectKey'] === undefined ? {} : { objectKey: String(item['objectKey']) }),
    ...(item['doneAtMs'] === undefined ? {} : { doneAtMs: number('doneAtMs') }),
    ...(item['expiresAt'] === undefined ? {} : { expiresAt: number('expiresAt') }),
  };
}

const readTold = (told: Item) => ({
  rows: storedNumber(told['rows']),
  reachedMs: storedNumber(told['reachedMs']),
});
