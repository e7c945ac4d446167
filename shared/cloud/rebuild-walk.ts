/**
 * Walks a pair group's journal once more, cut into the runs that clearing made of it. The ledger's run items say where they
 * end; where one is missing, its entries do, for they name it.
 */
import { netFrames } from '#domain/clearing.ts';
import type { GroupId } from '#domain/market.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import type { Frame } from '#wire/journal-frame.ts';
import { feeAccount, type Key, ledgerKeys } from '#wire/table-keys.ts';
import type { ArchiveReader } from './archive-store.ts';
import type { ClearedRun } from './cleared-run.ts';
import { eventsOf, isAfter, type JournalRecord } from './journal-run.ts';

export type WalkPorts = {
  archive: Pick<ArchiveReader, 'objects'>;
  /** The stream's records behind a shard sequence number, to its newest. */
  stream(groupId: GroupId, after: string): AsyncIterable<JournalRecord[]>;
  /** The run items that end behind a frame, oldest first. */
  runs(groupId: GroupId, afterFrame: number): AsyncIterable<ClearedRun>;
  isThere(key: Key): Promise<boolean>;
};

/** A run as it must have been. */
export type WalkedRun = {
  run: Omit<ClearedRun, 'trades' | 'changes'>;
  frames: Frame[];
};

/** The journal does not give what the ledger says it read: nothing can be built from it. */
export class JournalDoesNotHold extends Error {
  override name = 'JournalDoesNotHold';
}

/** One of so many entries must be there for a run to have been. */
const entriesAsked = 4;

/** A frame, and between which records it lies. */
type Placed = { frame: Frame; shardSequence: string; before: string };

/** The frames of a run, the first frame that it can have begun with, and what its item says. */
type Whole = {
  first: Placed;
  last: Placed;
  frames: Frame[];
  earliest: number;
  /** The last record of the run before. */
  behind: string;
  said?: ClearedRun;
};

export class RebuildWalk {
  readonly #ports: WalkPorts;
  readonly groupId: GroupId;
  /** Behind the newest record that was read. */
  state: Watermark = startOfJournal;
  /** Behind the newest record that was accepted. */
  #accepted = '';
  #isArchived = true;
  /** The end of the newest run that was given out. */
  #doneFrame = 0;
  #doneShardSequence = '';
  /** Frames that no run has taken yet, from the first one that moves money. */
  #open: Placed[] = [];

  constructor(groupId: GroupId, ports: WalkPorts) {
    this.groupId = groupId;
    this.#ports = ports;
  }

  /** The runs through where clearing stands; then `state` must be its watermark. */
  async *advance(to: Watermark): AsyncGenerator<WalkedRun> {
    const known = this.#runsThrough(to.frame);
    let next = await nextOf(known);
    let whole: Whole | undefined;
    for await (const record of this.#records(to.shardSequence)) {
      const placed = this.#take(record);
      // The frame after a run says how far its reader can have looked; a new leader's record may still belong to the run.
      if (whole && placed) {
        yield this.#ended(whole, record.shardSequence);
        whole = undefined;
      }
      if (!placed) continue;
      while (next && next.toFrame < placed.frame.frame) next = await nextOf(known);
      if (this.#open.length > 0 || movesMoney(placed.frame)) this.#open.push(placed);
      if (next && next.fromFrame === placed.frame.frame) {
        yield* this.#withoutRun(this.#open.slice(0, -1), false);
        this.#forgetDone();
      }
      if (next?.toFrame !== placed.frame.frame) continue;
      // A run item that nobody wrote would cut another run in two.
      if (await this.#isRun(this.#open)) whole = this.#whole(this.#open, next);
      this.#forgetDone();
      next = await nextOf(known);
    }
    if (whole) yield this.#ended(whole);
    yield* this.#withoutRun(this.#open, true);
    this.#open = [];
  }

  #forgetDone(): void {
    this.#open = this.#open.filter(({ frame }) => frame.frame > this.#doneFrame);
  }

  async *#runsThrough(frame: number): AsyncGenerator<ClearedRun> {
    for await (const run of this.#ports.runs(this.groupId, this.#doneFrame)) {
      if (run.toFrame > frame) return;
      yield run;
    }
  }

  /** Whether frames ended a run: then its entries bear their number, even where some are missing. */
  async #isRun(placed: readonly Placed[]): Promise<boolean> {
    const last = placed.at(-1)?.frame;
    const changes = netFrames(
      placed.map(({ frame }) => frame),
      feeAccount,
    );
    for (const { account, asset } of changes.slice(0, entriesAsked)) {
      if (!last) return false;
      const key = ledgerKeys.entry(account, this.groupId, last.frame, asset, last.atMs);
      if (await this.#ports.isThere(key)) return true;
    }
    return false;
  }

  /** Frames with money that no run item names: cut where entries say so. The rest is one run, or begins the next one. */
  async *#withoutRun(frames: readonly Placed[], endsHere: boolean): AsyncGenerator<WalkedRun> {
    let open: Placed[] = [];
    for (const placed of frames) {
      if (open.length > 0 || movesMoney(placed.frame)) open.push(placed);
      if (open.length === 0 || !(await this.#isRun(open))) continue;
      yield this.#ended(this.#whole(open));
      open = [];
    }
    if (open.length > 0 && endsHere) yield this.#ended(this.#whole(open));
  }

  #whole(placed: readonly Placed[], said?: ClearedRun): Whole {
    const [first] = placed;
    const last = placed.at(-1);
    if (!first || !last) throw new JournalDoesNotHold(`${this.groupId}: a run without frames`);
    const earliest = this.#doneFrame + 1;
    this.#doneFrame = last.frame.frame;
    const behind = this.#doneShardSequence;
    this.#doneShardSequence = last.shardSequence;
    const frames = placed.map(({ frame }) => frame);
    return { first, last, frames, earliest, behind, ...(said && { said }) };
  }

  /** What the run item must say; where several values are right, as it says. `next`: the frame behind the run. */
  #ended({ first, last, frames, earliest, behind, said }: Whole, next?: string): WalkedRun {
    const { frame: toFrame, atMs, clock } = last.frame;
    const isWithin = said && said.fromFrame >= earliest && said.fromFrame <= first.frame.frame;
    // The reader had looked at no record of the run, and at all before it that count.
    const isBefore =
      said &&
      isAfter(first.shardSequence, said.fromShardSequence) &&
      !isAfter(behind, said.fromShardSequence);
    const isBehind =
      said &&
      !isAfter(last.shardSequence, said.toShardSequence) &&
      (next === undefined
        ? !isAfter(said.toShardSequence, this.state.shardSequence)
        : isAfter(next, said.toShardSequence));
    const run = {
      groupId: this.groupId,
      fromFrame: isWithin ? said.fromFrame : earliest,
      toFrame,
      fromShardSequence: isBefore ? said.fromShardSequence : first.before,
      toShardSequence: isBehind ? said.toShardSequence : last.shardSequence,
      ...{ atMs, clock },
    };
    return { run, frames };
  }

  #take(record: JournalRecord): Placed | undefined {
    const verdict = acceptRecord(this.groupId, this.state, record);
    if (verdict.type === 'stop')
      throw new JournalDoesNotHold(`${this.groupId}: ${verdict.reason}, ${verdict.detail}`);
    this.state = verdict.state;
    if (verdict.type === 'ignored') return undefined;
    const before = this.#accepted;
    this.#accepted = record.shardSequence;
    const { shardSequence } = record;
    return verdict.type === 'frame' ? { frame: verdict.frame, shardSequence, before } : undefined;
  }

  /** Records not read yet, through one: the archive first, then the stream. */
  async *#records(through: string): AsyncGenerator<JournalRecord> {
    const isDue = ({ shardSequence }: JournalRecord) =>
      isAfter(shardSequence, this.state.shardSequence);
    const isBeyond = ({ shardSequence }: JournalRecord) => isAfter(shardSequence, through);
    if (!isAfter(through, this.state.shardSequence)) return;
    if (this.#isArchived) {
      const { frame, epoch } = this.state;
      const from = { frame, epoch: Math.max(0, epoch - 1) };
      for await (const { records } of this.#ports.archive.objects(this.groupId, from))
        for (const record of records) {
          if (isBeyond(record)) return;
          if (isDue(record)) yield record;
        }
      this.#isArchived = false;
    }
    for await (const records of this.#ports.stream(this.groupId, this.state.shardSequence))
      for (const record of records) {
        if (isBeyond(record)) return;
        if (isDue(record)) yield record;
      }
  }
}

const movesMoney = (frame: Frame): boolean =>
  eventsOf([frame]).some(
    ({ type }) => type === 'trade' || type === 'credit_granted' || type === 'credit_returned',
  );

async function nextOf(runs: AsyncGenerator<ClearedRun>): Promise<ClearedRun | undefined> {
  const { value, done } = await runs.next();
  return done ? undefined : value;
}
