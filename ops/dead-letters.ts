/** `npm run ops -- dead-letters` and `redrive`: what was tried too often, why, and back into its queue with it. */
import type { DeadLetter, DeadLetters } from '#cloud/dead-letters.ts';
import type { OutboxStore } from '#cloud/outbox-store.ts';
import { type OutboxMessage, outboxMessage } from '#wire/outbox.ts';
import { isOrdered, type WorkQueue } from '#wire/queue-names.ts';
import { type DeadLetterWish, readDeadLetterWish } from './dead-letter-wish.ts';
import { Wrong } from './wrong.ts';

export type DeadLetterPorts = {
  reach(where: { stage: string; stateFolder?: string }): Promise<{
    /** Of every queue that the stage has. */
    queues: ReadonlyMap<WorkQueue, DeadLetters>;
    outbox: Pick<OutboxStore, 'failure'>;
    close(): void;
  }>;
  say(line: string): void;
  complain(line: string): void;
  nowMs(): number;
};

type Reached = Awaited<ReturnType<DeadLetterPorts['reach']>>;

/** As many are looked at of one queue; the count says how many there are. */
const shownAtMost = 200;

type Shown = { id: string; sentAtMs: number; reason: string };

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
  const found = [];
  for (const [queue, letters] of queues) {
    const taken = await takeAll(letters);
    const shown: Shown[] = [];
    for (const letter of taken) shown.push(await shownOf(letter, queue, outbox));
    await letters.release(taken);
    const count = Math.max(await letters.count(), taken.length);
    const oldestAtMs = Math.min(...shown.map(({ sentAtMs }) => sentAtMs));
    found.push({ queue, count, ...(shown.length > 0 ? { oldestAtMs } : {}), letters: shown });
  }
  const isClean = found.every(({ count }) => count === 0);
  if (wish.json) ports.say(JSON.stringify({ ok: isClean, queues: found }));
  else for (const line of found.flatMap((each) => linesOf(each, ports.nowMs()))) ports.say(line);
  return isClean ? 0 : 1;
}

function linesOf(
  { queue, count, letters }: { queue: string; count: number; letters: Shown[] },
  nowMs: number,
): string[] {
  if (count === 0) return [`${queue}: none`];
  const lines = letters.map(
    ({ id, sentAtMs, reason }) => `  ${id}  ${ageText(nowMs - sentAtMs)} old  ${reason}`,
  );
  const more = count > letters.length ? [`  … of ${count}: redrive some to see the rest`] : [];
  return [`${queue}: ${count}`, ...lines, ...more];
}

async function redrive(
  wish: DeadLetterWish,
  { queues, outbox }: Reached,
  ports: DeadLetterPorts,
): Promise<number> {
  const { queue, id, json } = wish;
  const letters = queue && queues.get(queue);
  if (!letters) throw new Wrong(`The stage has no queue ${queue}.`);
  const left: DeadLetter[] = [];
  const done = { redriven: [] as string[], done: [] as string[] };
  // What fails again comes back in minutes: whatever is there now is passed once.
  for (let taken = await letters.take(); taken.length > 0; taken = await letters.take()) {
    for (const letter of taken) {
      const name = idOf(letter);
      if (id !== undefined && id !== name) {
        left.push(letter);
        continue;
      }
      const message = messageIn(letter, queue);
      if (message && (await outbox.failure(message)) === 'done') {
        await letters.drop(letter);
        done.done.push(name);
      } else {
        await letters.putBack(letter);
        done.redriven.push(name);
        if (!json) ports.say(`${name}: put back into ${queue}`);
      }
    }
  }
  await letters.release(left);
  const { length } = [...done.redriven, ...done.done];
  const ok = id === undefined || length > 0;
  if (json) ports.say(JSON.stringify({ ok, queue, ...done }));
  else if (!ok) ports.complain(`${id} is not among the dead letters that ${queue} shows.`);
  else
    ports.say(
      `${done.redriven.length} put back, ${done.done.length} dropped because they are done.`,
    );
  return ok ? 0 : 1;
}

async function takeAll(letters: DeadLetters): Promise<DeadLetter[]> {
  const all: DeadLetter[] = [];
  while (all.length < shownAtMost) {
    const taken = await letters.take();
    if (taken.length === 0) break;
    all.push(...taken);
  }
  return all;
}

async function shownOf(
  letter: DeadLetter,
  queue: WorkQueue,
  outbox: Reached['outbox'],
): Promise<Shown> {
  const message = messageIn(letter, queue);
  const shown = { id: idOf(letter), sentAtMs: letter.sentAtMs };
  if (!message) return { ...shown, reason: 'see the log of its function' };
  const failure = await outbox.failure(message);
  if (failure === 'done') return { ...shown, reason: 'done meanwhile: redrive drops it' };
  if (!failure) return { ...shown, reason: 'its function never ended: see its log' };
  return { ...shown, reason: `failed ${failure.failures} times, last: ${failure.reason}` };
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
