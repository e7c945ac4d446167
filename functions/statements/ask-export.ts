/** `POST /v1/account/exports`: asks for a file of a statement. Asked again it is the same export, whose message is sent again while it waits. */
import { createHash } from 'node:crypto';
import type { ExportSender } from '#cloud/export-sender.ts';
import { dailyAtMost, type ExportStore, openAtMost } from '#cloud/export-store.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  checked,
  isRefused,
  type Refused,
  refuse,
} from '#cloud/http-edge.ts';
import { businesses } from '#cloud/ledger-entry.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import type { Session } from '#cloud/session-token.ts';
import {
  type ExportBody,
  exportBody,
  exportContent,
  exportFilters,
  exportRangeMs,
} from '#wire/export-request.ts';
import { exportToJson } from './export-json.ts';

export type AskPorts = {
  exports: Pick<ExportStore, 'ask'>;
  markets: Pick<MarketDirectory, 'find' | 'assets'>;
  send: ExportSender;
  clock: { nowMs(): number };
};

/** Clearing and history follow the journal by about a second: a file is begun when its last rows are surely there. */
const settledMs = 10_000;

export async function askExport(
  request: ApiRequest,
  { account }: Session,
  ports: AskPorts,
): Promise<ApiAnswer> {
  const body = checked(exportBody, request.body);
  if (isRefused(body)) return body;
  const { exportId, ...content } = body.value;
  const nowMs = ports.clock.nowMs();
  const refused = refuseRange(content, nowMs) ?? (await refuseFilters(content, ports.markets));
  if (refused) return refused;

  const asked = await ports.exports.ask({
    ...content,
    account,
    exportId: exportId ?? nameOf(content),
    createdAtMs: nowMs,
  });
  switch (asked.status) {
    case 'exists_with_different_content':
      return refuse('export_id_taken');
    case 'too_many_open':
      return refuse('too_many_exports', { openAtMost });
    case 'too_many_today':
      return refuse('too_many_exports', { dailyAtMost });
  }
  const { job } = asked;
  if (job.status === 'queued') {
    const waitMs = Math.max(0, job.to + settledMs - nowMs);
    await ports.send({ account, exportId: job.exportId }, waitMs / 1000);
  }
  const repeated = asked.status === 'exists' ? { repeated: true } : {};
  return { status: 202, body: { ...exportToJson(job), ...repeated } };
}

/** The same content is the same export, where its asker gave it no name. */
const nameOf = (content: Omit<ExportBody, 'exportId'>): string =>
  createHash('sha256').update(exportContent(content)).digest('hex').slice(0, 32);

function refuseRange({ from, to }: ExportBody, nowMs: number): Refused | undefined {
  const wrong = (path: string, message: string) => refuse('invalid_request', [{ path, message }]);
  if (from >= to) return wrong('from', 'it is not before to');
  if (to > nowMs) return wrong('to', 'it has not passed yet');
  if (to - from > exportRangeMs) return wrong('from', 'it is more than 366 days before to');
  return undefined;
}

/** In the order of the filters; a filter that a kind does not have is refused like a field that does not exist. */
async function refuseFilters(
  { kind, filters }: ExportBody,
  markets: AskPorts['markets'],
): Promise<Refused | undefined> {
  const { asset, market, business } = filters;
  const extra = Object.keys(filters).filter(
    (name) => !(exportFilters[kind] as readonly string[]).includes(name),
  );
  if (extra.length > 0) {
    const message = `${kind} have no such filter`;
    return refuse(
      'unknown_field',
      extra.map((name) => ({ path: `filters.${name}`, message })),
    );
  }
  if (asset !== undefined && !(await markets.assets()).some(({ id }) => id === asset))
    return refuse('unknown_asset');
  if (market !== undefined && !(await markets.find(market))) return refuse('unknown_market');
  if (business !== undefined && !(businesses as readonly string[]).includes(business))
    return refuse('invalid_request', [
      { path: 'filters.business', message: `one of ${businesses.join(', ')}` },
    ]);
  return undefined;
}
