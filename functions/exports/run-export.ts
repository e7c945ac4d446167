/**
 * Works on one export: reads its rows in order of time and writes its file in parts, until it is done or this run's time is over.
 *
 * What was written and where the next row begins are kept together, so a run that dies anywhere is taken up from its last part.
 * Nothing but one part is in memory. A run that must end before its part is full puts what it has beside the file.
 */
import { type ExportFiles, partBytesAtLeast, UploadGone } from '#cloud/export-files.ts';
import { type ExportJob, ExportLost, type ExportStore, type Upload } from '#cloud/export-store.ts';
import { assert } from '#domain/assertion.ts';
import type { ExportMessage } from '#wire/export-request.ts';
import { contentTypes, fileHead, fileRows, fileTail } from './export-file.ts';
import { exportRows, type RowPorts } from './export-rows.ts';

export type ExportPorts = RowPorts & {
  store: ExportStore;
  files: ExportFiles;
  clock: { nowMs(): number };
  /** What is left of the time in which this run must end. */
  leftMs(): number;
  send(message: ExportMessage, delaySeconds: number): Promise<void>;
  /** 128 bits that nobody guesses. */
  newName(): string;
  limits?: Partial<Limits>;
};

type Limits = typeof usualLimits;
export const usualLimits = {
  /** With the rows of one more page a part stays below what every S3 takes at once (11 MiB locally). */
  partBytes: partBytesAtLeast + 1024 * 1024,
  /** 6 GB, and an item of 40 KB that lists them. */
  parts: 1_000,
  /** How often a file is begun anew; after that each attempt fails. */
  restarts: 2,
  /** Longer than a run can last: whoever takes a job when this is over meets nobody. */
  leaseMs: 150_000,
  /** What a run needs at its end, to put away what it has. */
  endMs: 20_000,
  /** How often it tells how far it is. */
  tellMs: 2_000,
};
/** After a fault: longer each time, so that a passing one has passed. */
const retrySeconds = (attempts: number): number => 5 * 2 ** attempts;

export type RunOutcome =
  | { status: 'done' | 'continued'; job: ExportJob }
  /** It has been tried too often, or is larger than a file may be. */
  | { status: 'failed'; job: ExportJob }
  /** A fault; it is tried again soon. */
  | { status: 'again'; job: ExportJob; why: unknown }
  /** Nothing to do now: it is over, another run has it, or another export of the account comes first. */
  | { status: 'left' };

/** Throws where not even its next try could be sent: the queue sends the message again then. */
export async function runExport(name: ExportMessage, ports: ExportPorts): Promise<RunOutcome> {
  const { store, clock } = ports;
  const limits = { ...usualLimits, ...ports.limits };
  const taken = await store.take(name, { nowMs: clock.nowMs(), leaseMs: limits.leaseMs });
  if (taken.status === 'held' || taken.status === 'waits') return { status: 'left' };
  const outcome: RunOutcome =
    taken.status === 'taken'
      ? await runTaken(new ExportRun(taken.job, ports, limits), name, ports)
      : taken.status === 'failed'
        ? taken
        : { status: 'left' };
  // Of one that is over too: the run that ended it may have died before it came to this.
  if (outcome.status !== 'continued' && outcome.status !== 'again')
    await sendNext(name.account, ports);
  return outcome;
}

async function runTaken(
  run: ExportRun,
  name: ExportMessage,
  { store, clock, send }: ExportPorts,
): Promise<RunOutcome> {
  try {
    const status = await run.write();
    if (status === 'continued') await send(name, 0);
    return { status, job: run.job };
  } catch (why) {
    // Whoever has it now goes on, and nothing of ours counts any more.
    if (why instanceof ExportLost) return { status: 'left' };
    const job = await store.save(run.job, { nowMs: clock.nowMs(), leaseMs: 0 });
    await send(name, retrySeconds(job.attempts));
    return { status: 'again', job, why };
  }
}

/** An account's exports run one after another: the oldest that waits is next. */
async function sendNext(account: string, { store, send }: ExportPorts): Promise<void> {
  const open = await store.open({ account, limit: 100 });
  const [next] = open
    .filter(({ status }) => status === 'queued')
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
  if (next) await send({ account, exportId: next.exportId }, 0);
}

class ExportRun {
  /** As it was last kept. */
  job: ExportJob;
  readonly #ports: ExportPorts;
  readonly #limits: Limits;
  /** Behind the last part: text that is not in one yet, and where it ends. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #rows = 0;
  #cursor: string | undefined;
  #toldAtMs: number;

  constructor(job: ExportJob, ports: ExportPorts, limits: Limits) {
    this.job = job;
    this.#ports = ports;
    this.#limits = limits;
    this.#toldAtMs = ports.clock.nowMs();
  }

  /** Until the file is there, or the time over. */
  async write(): Promise<'done' | 'continued' | 'failed'> {
    for (;;) {
      try {
        const upload = this.job.upload ?? (await this.#begin());
        const reached = upload.isWhole ? 'end' : await this.#writeRows(upload);
        if (reached !== 'end') return reached;
        return await this.#complete();
      } catch (error) {
        if (!(error instanceof UploadGone)) throw error;
        // Given up meanwhile, or put together by a run that died before it could say so.
        if (await this.#isThere()) return this.#end('done');
        await this.#startAnew(error);
      }
    }
  }

  async #begin(): Promise<Upload> {
    const { account, exportId, kind, format } = this.job;
    const key = `exports/${account}/${this.#ports.newName()}.${format}`;
    const fileName = `crossbook-${kind}-${exportId}.${format}`;
    const about = { contentType: contentTypes[format], fileName };
    const upload: Upload = { key, uploadId: await this.#ports.files.begin(key, about), etags: [] };
    await this.#save({ upload, rows: 0, bytes: 0, reachedMs: this.job.from });
    return upload;
  }

  async #writeRows(begun: Upload): Promise<'end' | 'continued' | 'failed'> {
    const { kind, format } = this.job;
    const { files, leftMs } = this.#ports;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#rows = this.job.rows;
    this.#cursor = begun.cursor;
    if (begun.rest !== undefined) this.#add(await files.kept(begun.rest));
    else if (begun.etags.length === 0) this.#add(Buffer.from(fileHead(kind, format)));
    for (;;) {
      const { rows, cursor } = await exportRows(this.job, this.#cursor, this.#ports);
      this.#add(Buffer.from(fileRows(this.job, rows, this.#rows)));
      this.#rows += rows.length;
      if (cursor === undefined) {
        this.#add(Buffer.from(fileTail(format)));
        await this.#writePart({ isWhole: true });
        return 'end';
      }
      this.#cursor = cursor;
      if (this.#pendingBytes >= this.#limits.partBytes) await this.#writePart({});
      else await this.#tell();
      if (this.#upload().etags.length >= this.#limits.parts) return this.#end('failed');
      if (leftMs() < this.#limits.endMs) return this.#putAside();
    }
  }

  async #writePart(last: { isWhole?: true }): Promise<void> {
    const { rest: _, cursor: __, ...upload } = this.#upload();
    const bytes = Buffer.concat(this.#pending);
    const number = upload.etags.length + 1;
    const isNothing = bytes.length === 0 && number > 1;
    const etags = isNothing
      ? upload.etags
      : [...upload.etags, await this.#ports.files.part(upload, number, bytes)];
    await this.#save({
      upload: { ...upload, etags, ...this.#place(), ...last },
      rows: this.#rows,
      bytes: this.job.bytes + bytes.length,
      reachedMs: last.isWhole ? this.job.to : this.#reachedMs(),
      attempts: 0,
    });
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** The next run goes on behind what this one has read, however little that is. */
  async #putAside(): Promise<'continued'> {
    const { rest: _, cursor: __, ...upload } = this.#upload();
    // Under a name of its own: what the job says now stays true until it says something else.
    const rest = `${upload.key}.rest-${this.#ports.newName()}`;
    await this.#ports.files.keep(rest, Buffer.concat(this.#pending));
    await this.#save(
      {
        upload: { ...upload, ...this.#place(), rest },
        ...{ rows: this.#rows, reachedMs: this.#reachedMs(), attempts: 0 },
      },
      { leaseMs: 0 },
    );
    return 'continued';
  }

  async #complete(): Promise<'done'> {
    const { etags, ...upload } = this.#upload();
    await this.#ports.files.complete(upload, etags);
    return this.#end('done');
  }

  async #isThere(): Promise<boolean> {
    const { isWhole, key } = this.#upload();
    return isWhole === true && (await this.#ports.files.size(key)) === this.job.bytes;
  }

  async #startAnew(why: UploadGone): Promise<void> {
    if (this.job.restarts >= this.#limits.restarts) throw why;
    const { upload: _, ...job } = this.job;
    this.job = job;
    await this.#save({ rows: 0, bytes: 0, reachedMs: job.from, restarts: job.restarts + 1 });
  }

  async #end<S extends 'done' | 'failed'>(status: S): Promise<S> {
    this.job = await this.#ports.store.end(this.job, status, this.#ports.clock.nowMs());
    return status;
  }

  /** How far it is, for those who wait; what counts for the next run stays as it was. */
  async #tell(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    if (nowMs < this.#toldAtMs + this.#limits.tellMs) return;
    this.#toldAtMs = nowMs;
    await this.#save({ told: { rows: this.#rows, reachedMs: this.#reachedMs() } });
  }

  async #save(changes: Partial<ExportJob>, lease: { leaseMs?: number } = {}): Promise<void> {
    const { store, clock } = this.#ports;
    const leaseMs = lease.leaseMs ?? this.#limits.leaseMs;
    const { told: _, ...job } = this.job;
    this.job = await store.save({ ...job, ...changes }, { nowMs: clock.nowMs(), leaseMs });
  }

  #add(bytes: Uint8Array): void {
    this.#pending.push(Buffer.from(bytes));
    this.#pendingBytes += bytes.length;
  }

  #upload(): Upload {
    assert(this.job.upload, `${this.job.exportId} has no upload`);
    return this.job.upload;
  }

  #place = () => (this.#cursor === undefined ? {} : { cursor: this.#cursor });

  /** A cursor begins with the time of its row. */
  #reachedMs(): number {
    return this.#cursor === undefined ? this.job.from : Number(this.#cursor.slice(0, 16));
  }
}
