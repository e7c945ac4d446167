/** After a drill: waits until the consumers have caught up, then compares what was told with journal, book, ledger, history and archive. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListedMarket } from '#wire/catalog.ts';
import type { OrderJson } from '#wire/feed-message.ts';
import { reconcile } from '../system/reconciled.ts';
import { eventually } from '../system/waiting.ts';
import type { Client } from './client.ts';
import {
  type BookShown,
  compareBook,
  compareSizes,
  compareTold,
  type Differences,
} from './compare.ts';
import { compareArchive } from './compare-archive.ts';
import { type Books, compareSettled, type Deposits, settledFrames } from './compare-settled.ts';
import type { DrilledExchange } from './drilled-exchange.ts';
import { type Journal, readJournals, tellStory } from './journal-story.ts';
import type { Told } from './told.ts';

export type Evidence = {
  exchange: DrilledExchange;
  told: Told;
  clients: readonly Client[];
  deposits: Deposits;
  say: (text: string) => void;
};

const settledWithinMs = 60_000;
/** Messages that a power cut lost come again within minutes: entries and engines are compared without them. */
const runsWithinMs = 15_000;
/** Credit goes back some seconds after an account's last order; a picture taken meanwhile is taken again. */
const pictures = 10;

export async function audit(evidence: Evidence): Promise<Differences> {
  const { exchange, clients, say } = evidence;
  const { client, table } = exchange.clouds();
  const books = { client, ledger: await table('Ledger'), history: await table('History') };
  const { markets } = await (clients[0] as Client).crossbook.venue();
  for (let taken = 1; ; taken += 1) {
    await caughtUp(exchange, books, say);
    const journals = await readJournals(exchange.clouds().kinesis);
    const shown = await showBook(clients, markets);
    const found = await compareAll(evidence, { books, journals, shown, markets });
    const after = await readJournals(exchange.clouds().kinesis);
    const moved = journals.some(({ to }, at) => to.frame !== after[at]?.to.frame);
    if (moved && taken < pictures) {
      await sleep(1_000);
      continue;
    }
    for (const { groupId, to, ignored } of journals)
      say(
        `${groupId}: epoch ${to.epoch}, ${to.frame} frames, ${to.lastSequence} events; ${ignored} records did not count`,
      );
    await compareArchive(exchange.clouds(), found);
    const reconciled = await reconcile(exchange.stateFolder, runsWithinMs);
    found.unsettled.push(...reconciled.found.map((each) => `reconciliation: ${each}`));
    const { accounts, entries, waitingRuns } = reconciled;
    say(
      `reconciled: ${accounts} accounts and ${entries} entries; ${waitingRuns} runs wait for the outbox's sweep`,
    );
    return found;
  }
}

async function compareAll(
  { told, deposits }: Evidence,
  seen: {
    books: Books;
    journals: Journal[];
    shown: BookShown;
    markets: ReadonlyMap<string, ListedMarket>;
  },
): Promise<Differences> {
  const { books, journals, shown, markets } = seen;
  const found: Differences = { lost: [], doubled: [], unsettled: [] };
  const story = tellStory(journals);
  compareTold(told, story, markets, found);
  compareSizes(story, found);
  compareBook(story, shown, markets, found);
  await compareSettled({ books, journals, story, deposits }, found);
  return found;
}

/** Waits for settlement and history; where they do not come, the comparison says how far they are. */
async function caughtUp(
  exchange: DrilledExchange,
  books: Books,
  say: (text: string) => void,
): Promise<void> {
  const stand = async () => {
    for (const { groupId, to } of await readJournals(exchange.clouds().kinesis)) {
      const { ledger, history } = await settledFrames(books, groupId);
      if (ledger !== to.frame || history !== to.frame) return false;
    }
    return true;
  };
  try {
    await eventually('settlement and history to catch up', stand, settledWithinMs);
  } catch (error) {
    say((error as Error).message);
  }
}

async function showBook(
  clients: readonly Client[],
  markets: ReadonlyMap<string, ListedMarket>,
): Promise<BookShown> {
  const open: OrderJson[] = [];
  for (const { crossbook } of clients) open.push(...(await crossbook.openOrders()));
  const levels: BookShown['levels'] = new Map();
  for (const id of markets.keys()) {
    const { rest } = (clients[0] as Client).crossbook;
    const { bids, asks } = await rest.depth(id, { levels: 500 });
    levels.set(
      id,
      new Map([
        ...bids.map(([price, size]) => [`buy ${price}`, size] as const),
        ...asks.map(([price, size]) => [`sell ${price}`, size] as const),
      ]),
    );
  }
  return { open, levels };
}
