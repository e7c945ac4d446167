/** `npm run ops -- dead-letters` and `redrive`: what was tried too often, why, and back into its queue with it. */
import type { DeadLetter, DeadLetters } from '#cloud/dead-letters.ts';
import type { OutboxStore } from '#cloud/outbox-store.ts';
import { type OutboxMessage, type OutboxTopic, outboxMessage } from '#wire/outbox.ts';
import { isOrdered, type WorkQueue } from '#wire/queue-names.ts';
import { type DeadLetterWish, readDeadLetterWish } from './dead-letter-wish.ts';
import { Wrong } from './wrong.ts';

export type DeadLetterPorts = {
  reach(where: { stage: string; stateFolder?: string }): Promise<{
    /** Of every queue that the stage has. */
    queues: ReadonlyMap<WorkQueue, DeadLetters>;
    outbox: Pick<OutboxStore, 'failure' | 'overdue'>;
    close(): void;
  }>;
  say(line: string): void;
  complain(line: string): void;
  nowMs(): number;
};

type Reached = Awaited<ReturnType<DeadLetterPorts['reach']>>;

/** As many are looked at of one queue; the count says how many there are. */
const shownAtMost = 200;
/** A row takes a second to be done: one that is older waits, or failed. */
const lateMs = 60_000;
const rowsAtMost = 10_000;

type Shown = { id: string; atMs: number; reason: string };
type Found = { queue: WorkQueue; deadLetters: number; waiting: Shown[] };

/** Answers the exit code: 0 done (or nothing dead), 1 not done (or some dead), 2 not understood. */
export async function tendDeadLetters(
  words: readonly string[],
  ports: DeadLetterPorts,
): Promise<number> {
  const isJson = words.includes('--json');
  try {
    const wish = readDeadLetterWish(words);
    const reached = await ports.reach(wish);
    try {
      return wish.type === 'list'
        ? await list(wish, reached, ports)
        : await redrive(wish, reached, ports);
    } finally {
      reached.close();
    }
  } catch (error) {
    const { message } = error as Error;
    if (isJson) ports.say(JSON.stringify({ ok: false, error: message }));
    else if (error instanceof Wrong) ports.complain(`${message}\nSee: npm run ops -- --help`);
    else ports.complain(message);
    return error instanceof Wrong ? 2 : 1;
  }
}

async function list(
  wish: DeadLetterWish,
  { queues, outbox }: Reached,
  ports: DeadLetterPorts,
): Promise<number> {
  const found: Found[] = [];
  for (const [queue, letters] of queues) {
    const waiting = isOrdered(queue)
      ? await waitingRows(queue, outbox, ports.nowMs())
      : await shownLetters(letters);
    found.push({ queue, deadLetters: await letters.count(), waiting });
  }
  const isClean = found.every(({ deadLetters }) => deadLetters === 0);
  if (wish.json) ports.say(JSON.stringify({ ok: isClean, queues: found }));
  else for (const line of found.flatMap((each) => linesOf(each, ports.nowMs()))) ports.say(line);
  return isClean ? 0 : 1;
}

/** A message of the outbox only names a row, which stays until it is done and knows why it is not. */
async function waitingRows(
  topic: OutboxTopic,
  outbox: Reached['outbox'],
  nowMs: number,
): Promise<Shown[]> {
  const rows = await outbox.overdue(topic, nowMs - lateMs, shownAtMost);
  return rows.map(({ outboxId: id, atMs, failure }) => ({
    ...{ id, atMs },
    reason: failure
      ? `failed ${failure.failures} times, last: ${failure.reason}`
      : 'not tried, or its function never ended: see its log',
  }));
}

async function shownLetters(letters: DeadLetters): Promise<Shown[]> {
  const all: DeadLetter[] = [];
  while (all.length < shownAtMost) {
    const taken = await letters.take();
    if (taken.length === 0) break;
    all.push(...taken);
  }
  await letters.release(all);
  return all.map((letter) => ({
    ...{ id: idOf(letter), atMs: letter.sentAtMs },
    reason: 'see the log of its function',
  }));
}

function linesOf({ queue, deadLetters, waiting }: Found, nowMs: number): string[] {
  const oldest = waiting[0] ? `, the oldest of ${ageText(nowMs - waiting[0].atMs)}` : '';
  return [
    `${queue}: ${deadLetters} dead letter${deadLetters === 1 ? '' : 's'}, ${waiting.length} not done${oldest}`,
    ...waiting.map(({ id, atMs, reason }) => `  ${id}  ${ageText(nowMs - atMs)}  ${reason}`),
    ...(waiting.length === shownAtMost ? [`  … these are the first ${shownAtMost}`] : []),
  ];
}

type Redriven = { redriven: string[]; done: string[] };

async function redrive(
  wish: DeadLetterWish,
  { queues, outbox }: Reached,
  ports: DeadLetterPorts,
): Promise<number> {
  const { queue, id, json } = wish;
  const letters = queue && queues.get(queue);
  if (!letters) throw new Wrong(`The stage has no queue ${queue}.`);
  const passed = await passOn({ queue, letters, outbox }, id);
  // Of an ordered queue's group only the first letters are shown; the row says as much as a letter.
  if (id !== undefined && passed.redriven.length + passed.done.length === 0 && isOrdered(queue)) {
    const rows = await outbox.overdue(queue, ports.nowMs(), rowsAtMost);
    const row = rows.find(({ outboxId }) => outboxId === id);
    if (row) {
      await letters.send(row, ports.nowMs());
      passed.redriven.push(id);
    }
  }
  const ok = id === undefined || passed.redriven.length + passed.done.length > 0;
  if (json) ports.say(JSON.stringify({ ok, queue, ...passed }));
  else if (!ok) ports.complain(`${id} is neither among the dead letters of ${queue} nor waiting.`);
  else {
    for (const name of passed.redriven) ports.say(`${name}: put back into ${queue}`);
    const counts = `${passed.redriven.length} put back, ${passed.done.length} dropped because they are done`;
    ports.say(`${counts}.`);
  }
  return ok ? 0 : 1;
}

/** Puts dead letters back, all or the one. What fails again comes back in minutes: whatever is there now is passed once. */
async function passOn(
  from: { queue: WorkQueue; letters: DeadLetters; outbox: Reached['outbox'] },
  id: string | undefined,
): Promise<Redriven> {
  const { queue, letters, outbox } = from;
  const left: DeadLetter[] = [];
  const passed: Redriven = { redriven: [], done: [] };
  for (let taken = await letters.take(); taken.length > 0; taken = await letters.take()) {
    for (const letter of taken) {
      const name = idOf(letter);
      const message = messageIn(letter, queue);
      if (id !== undefined && id !== name) left.push(letter);
      else if (message && (await outbox.failure(message)) === 'done') {
        await letters.drop(letter);
        passed.done.push(name);
      } else {
        await letters.putBack(letter);
        passed.redriven.push(name);
      }
    }
  }
  await letters.release(left);
  return passed;
}

/** A message of the outbox; undefined where it is none, or no message at all. */
function messageIn({ body }: DeadLetter, queue: WorkQueue): OutboxMessage | undefined {
  return isOrdered(queue) ? outboxMessage.safeParse(fieldsOf(body)).data : undefined;
}

function idOf({ body, messageId }: DeadLetter): string {
  const fields = fieldsOf(body);
  const id = fields['outboxId'] ?? fields['exportId'];
  return typeof id === 'string' ? id : messageId;
}

function fieldsOf(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function ageText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1_440)} d`;
}
