/** An export as the API shows it: what was asked for, and how far it is. */
import type { ExportJob } from '#cloud/export-store.ts';
import { exportKeptMs } from '#wire/export-request.ts';
import type { ExportJson } from '#wire/rest-api.ts';

export function exportToJson(job: ExportJob): ExportJson {
  const { exportId, kind, format, from, to, filters, status, createdAtMs } = job;
  return {
    ...{ exportId, kind, format, from, to, filters, status, createdAtMs },
    progress: progressOf(job),
    ...(status === 'done' ? { bytes: job.bytes, expiresAtMs: expiresAtMs(job) } : {}),
  };
}

/** From then on the bucket may delete the file. */
export const expiresAtMs = (job: ExportJob): number => (job.doneAtMs ?? 0) + exportKeptMs;

/** By time, not by rows: nobody knows how many will come. */
function progressOf({ status, rows, from, to, reachedMs, told }: ExportJob) {
  const seen = told ?? { rows, reachedMs };
  const isDone = status === 'done';
  const atMs = isDone ? to : Math.min(to, Math.max(from, seen.reachedMs));
  const percent = Math.min(99, Math.floor(((atMs - from) / (to - from)) * 100));
  return { rows: seen.rows, fromMs: from, toMs: to, atMs, percent: isDone ? 100 : percent };
}
