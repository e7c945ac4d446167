/** `GET /v1/account/exports` and one of them: how far they are, and where the file is fetched. */
import * as z from 'zod';
import type { ExportJob, ExportStore } from '#cloud/export-store.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  checked,
  isRefused,
  ok,
  refuse,
} from '#cloud/http-edge.ts';
import type { ObjectUrl } from '#cloud/presigned-url.ts';
import type { Session } from '#cloud/session-token.ts';
import { exportIdText } from '#wire/export-request.ts';
import type { ExportJson, ExportsJson } from '#wire/rest-api.ts';
import { expiresAtMs, exportToJson } from './export-json.ts';

export type ShowPorts = {
  exports: Pick<ExportStore, 'find' | 'list'>;
  urlOf: ObjectUrl;
  clock: { nowMs(): number };
};

const urlSeconds = 15 * 60;
/** The newest; older ones are found by their id until they are forgotten. */
const listedAtMost = 100;
const path = z.object({ exportId: exportIdText });

export async function listExports(
  { account }: Session,
  { exports }: ShowPorts,
): Promise<ApiAnswer> {
  const jobs = await exports.list(account, listedAtMost);
  const answer: ExportsJson = { exports: jobs.map(exportToJson) };
  return ok(answer);
}

export async function showExport(
  request: ApiRequest,
  { account }: Session,
  ports: ShowPorts,
): Promise<ApiAnswer> {
  const named = checked(path, request.path);
  if (isRefused(named)) return named;
  const job = await ports.exports.find(account, named.value.exportId);
  if (!job) return refuse('not_found');
  return ok({ ...exportToJson(job), ...(await urlOf(job, ports)) });
}

/** Of a file that is there. The URL opens it to whoever has it, so it is good for some minutes only; ask again for another. */
async function urlOf(
  job: ExportJob,
  { urlOf, clock }: ShowPorts,
): Promise<Pick<ExportJson, 'url' | 'urlExpiresAtMs'>> {
  const nowMs = clock.nowMs();
  if (job.objectKey === undefined || nowMs >= expiresAtMs(job)) return {};
  const url = await urlOf(job.objectKey, { nowMs, seconds: urlSeconds });
  return { url, urlExpiresAtMs: nowMs + urlSeconds * 1000 };
}
