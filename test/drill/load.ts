/** A load of signed orders by several clients: new commands at a steady rate, whatever becomes of the ones before; each is repeated until its outcome is known. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CrossbookError, isPassing } from '#client/crossbook-error.ts';
import type { Client, Requests } from './client.ts';
import { answerOf, type Sent, type Told } from './told.ts';

export type Load = {
  /** Sends nothing new and resolves once every command's outcome is known, or nobody will know it. */
  stop(): Promise<void>;
};

export type LoadOptions = {
  clients: readonly Client[];
  told: Told;
  commandsPerSec: number;
  random: () => number;
};

/**
 * Beyond, new commands are left out. Clients wait 12 s for an answer, so a machine that serves fewer than two commands a second
 * would answer nobody any more; and those in flight are tried again often enough to see soon that service is back.
 */
const inFlightPerClient = 2;
/** A signed command lives 60 s; its outcome is asked for so long. */
const insistMs = 45_000;
const leastPauseMs = 500;

export function startLoad({ clients, told, commandsPerSec, random }: LoadOptions): Load {
  const inFlight = new Set<Promise<void>>();
  let failure: Error | undefined;
  let turn = 0;
  const timer = setInterval(() => {
    if (inFlight.size >= clients.length * inFlightPerClient || failure) return;
    const client = clients[turn % clients.length] as Client;
    const act = actOnce(client, turn, told, random)
      .catch((error: unknown) => {
        failure ??= error as Error;
      })
      .finally(() => inFlight.delete(act));
    inFlight.add(act);
    turn += 1;
  }, 1_000 / commandsPerSec);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(inFlight);
      if (failure) throw failure;
    },
  };
}

async function actOnce(client: Client, turn: number, told: Told, random: () => number) {
  let requests: Requests;
  try {
    requests = await client.next(turn, random);
  } catch (error) {
    // The market's terms could not be read: there is nothing to sign yet.
    if (isPassing(error)) return;
    throw error;
  }
  await insist(
    requests.sent.map((each) => told.send(each)),
    requests.send,
    told,
  );
}

/** Sends a request of one or more commands until every outcome is known. */
async function insist(
  commands: Sent[],
  send: (commands: Sent[], told: Told) => Promise<void>,
  told: Told,
): Promise<void> {
  const until = performance.now() + insistMs;
  let waiting = commands;
  while (waiting.length > 0 && performance.now() < until) {
    let pauseMs = leastPauseMs;
    try {
      await send(waiting, told);
    } catch (error) {
      const answer = answerOf(error);
      for (const each of waiting) told.answered(each, answer);
      if (error instanceof CrossbookError) pauseMs = Math.max(pauseMs, error.retryAfterMs ?? 0);
    }
    waiting = waiting.filter(({ answers }) => !isKnown(answers.at(-1)));
    if (waiting.length > 0) await sleep(pauseMs);
  }
}

const isKnown = (answer: Sent['answers'][number] | undefined): boolean =>
  answer?.type === 'accepted' || answer?.type === 'refused';
