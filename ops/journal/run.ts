/** Carries out what was typed after `npm run journal --`: reads, proves, tells. */
import type { Journals } from '#cloud/journal-places.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { Wrong } from '../wrong.ts';
import { dump } from './dump.ts';
import { KnownTerms } from './known-terms.ts';
import { type Piece, piecesOf } from './pieces.ts';
import { replay } from './replay.ts';
import { replayReport, verifyReport } from './report.ts';
import { usage } from './usage.ts';
import { newWalk, type Seen, type Walk, walkThrough } from './walk.ts';
import { type JournalWish, readJournalWish } from './wish.ts';

type Reached = Journals & {
  /** The markets that the stage lists now; none where nobody can say. */
  markets(): Promise<ListedMarket[]>;
};

export type JournalPorts = {
  reach(where: { stage: string; stateFolder?: string }): Promise<Reached>;
  /** A line of the answer. Waits where the reader is slower. */
  say(line: string): Promise<void>;
  /** A line about it. */
  tell(line: string): void;
  monotonicMs(): number;
  /** Set by Ctrl-C: what was read until then is still told. */
  interrupted: AbortSignal;
};

const progressEveryMs = 5_000;
const interruptedCode = 130;

/** Answers the exit code: 0 it holds, 1 it does not or could not be read, 2 not understood, 130 interrupted. */
export async function runJournal(words: readonly string[], ports: JournalPorts): Promise<number> {
  try {
    const wish = readJournalWish(words);
    if (wish !== 'help') return await carryOut(wish, ports);
    await ports.say(usage);
    return 0;
  } catch (error) {
    const isWrong = error instanceof Wrong;
    const { code, message } = error as Error & { code?: unknown };
    const sentence =
      code === 'ECONNREFUSED' ? `Nothing answers (${message}): does the local cloud run?` : message;
    if (words.includes('--json')) await ports.say(JSON.stringify({ ok: false, error: sentence }));
    else ports.tell(isWrong ? `${sentence}\nSee: npm run journal -- --help` : sentence);
    return isWrong ? 2 : 1;
  }
}

async function carryOut(wish: JournalWish, ports: JournalPorts): Promise<number> {
  const journals = await ports.reach(wish);
  try {
    return await readAndTell(wish, journals, ports);
  } finally {
    journals.close();
  }
}

async function readAndTell(
  wish: JournalWish,
  journals: Reached,
  ports: JournalPorts,
): Promise<number> {
  const { verb, from, to, source, json } = wish;
  const groupId = groupOf(wish, journals.groupIds);
  const walk = newWalk();
  const readFrom = verb === 'replay' ? 1 : from;
  const pieces = untilInterrupted(piecesOf(journals, { groupId, source, from: readFrom }), ports);
  const range = { from: readFrom, to };
  const seen = withProgress(walkThrough(groupId, pieces, range, walk), walk, ports);

  const began = ports.monotonicMs();
  if (verb === 'dump') {
    const terms = new KnownTerms();
    if (from > 1) for (const market of await journals.markets()) terms.learn(market);
    await dump(seen, { json, terms, say: ports.say });
    if (walk.stop)
      ports.tell(`Stopped in ${walk.stop.where}: ${walk.stop.reason}, ${walk.stop.detail}`);
    return codeOf(!walk.stop, ports);
  }
  const asked = { groupId, source, from };
  if (verb === 'verify') {
    for await (const _ of seen);
    const ms = ports.monotonicMs() - began;
    const report = verifyReport(asked, walk, { ms, isWhole: !ports.interrupted.aborted });
    await ports.say(json ? JSON.stringify(report.json) : report.text);
    return codeOf(report.json.ok, ports);
  }
  const replayed = await replay(seen, { groupId, from, monotonicMs: ports.monotonicMs });
  const ms = ports.monotonicMs() - began;
  const report = replayReport(asked, walk, {
    ...replayed,
    ms,
    isWhole: !ports.interrupted.aborted,
  });
  await ports.say(json ? JSON.stringify(report.json) : report.text);
  return codeOf(report.json.ok, ports);
}

const codeOf = (ok: boolean, { interrupted }: JournalPorts): number =>
  ok && interrupted.aborted ? interruptedCode : ok ? 0 : 1;

function groupOf({ groupId }: JournalWish, groupIds: readonly string[]): string {
  const known = groupIds.join(', ');
  if (groupId === undefined) {
    const [only, ...others] = groupIds;
    if (only !== undefined && others.length === 0) return only;
    throw new Wrong(`Whose journal? --group ${known}.`);
  }
  if (!groupIds.includes(groupId))
    throw new Wrong(`There is no pair group "${groupId}", only ${known}.`);
  return groupId;
}

async function* untilInterrupted(
  pieces: AsyncIterable<Piece>,
  { interrupted }: JournalPorts,
): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    if (interrupted.aborted) return;
    yield piece;
  }
}

async function* withProgress(
  journal: AsyncIterable<Seen>,
  walk: Walk,
  ports: JournalPorts,
): AsyncGenerator<Seen> {
  let toldMs = ports.monotonicMs();
  for await (const seen of journal) {
    yield seen;
    if (ports.interrupted.aborted) return;
    if (ports.monotonicMs() - toldMs < progressEveryMs) continue;
    toldMs = ports.monotonicMs();
    ports.tell(`… frame ${walk.state.frame}, ${walk.commands} commands, ${seen.where}`);
  }
}
