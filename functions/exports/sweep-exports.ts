/** Sends again what should have been done by now: exports whose message was lost, or whose worker died. */
import type { ExportStore } from '#cloud/export-store.ts';
import type { ExportMessage } from '#wire/export-request.ts';

/** A message takes its way in a second. */
export const quietMs = 60_000;
/** Jobs that one sweep looks at; each account has ten at most. */
export const jobsPerSweep = 1_000;

export type SweepPorts = {
  store: Pick<ExportStore, 'open'>;
  send(message: ExportMessage, delaySeconds: number): Promise<void>;
  nowMs: number;
};

/** Whoever is sent too much finds nothing to do. Answers how many jobs are open and how many were sent. */
export async function sweepExports({ store, send, nowMs }: SweepPorts) {
  const open = await store.open({ limit: jobsPerSweep });
  const stuck = open.filter((job) => job.leaseUntilMs <= nowMs && job.atMs <= nowMs - quietMs);
  for (const { account, exportId } of stuck) await send({ account, exportId }, 0);
  return { open: open.length, sent: stuck.length };
}
