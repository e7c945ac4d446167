/** Tells accounts that listen to their private feed what was booked: the entries of one business event. */
import { entryToJson } from '#cloud/entry-json.ts';
import { packBundles } from '#cloud/feed-bundles.ts';
import type { FeedStore, Interest } from '#cloud/feed-store.ts';
import type { LedgerEntry } from '#cloud/ledger-entry.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import type { OutboxWork } from '#cloud/outbox-edge.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import { assert } from '#domain/assertion.ts';
import type { EntryMessage, FanOutRequest } from '#wire/feed-message.ts';
import type { MoneyEvent } from '#wire/outbox.ts';

export type TellPorts = {
  feed: Pick<FeedStore, 'interest'>;
  entriesOf(account: string, event: MoneyEvent): Promise<LedgerEntry[]>;
  markets: Pick<MarketDirectory, 'assets'>;
  fanOut(request: FanOutRequest): Promise<void>;
};

/** The scope of all private channels. */
const scope = 'accounts';
/** A frame holds 32 KB; a trade line is some 100 bytes. */
export const tradesPerMessage = 200;
const accountsAtOnce = 16;

/** The work of one batch of messages. Who listens is read once, after everything in the batch was booked. */
export function tellAccounts(ports: TellPorts): OutboxWork {
  let listening: Promise<Map<string, Interest[]>> | undefined;
  return async ({ body }) => {
    assert(body.type !== 'facts', 'who listens to accounts is told of money only');
    listening ??= listeningTo(ports.feed);
    const heard = await listening;
    // House accounts have no channel, and most users have no open connection: neither costs a read.
    const told = body.accounts.filter((account) => heard.has(channelOf(account)));
    if (told.length === 0) return;
    const assets = new Map((await ports.markets.assets()).map((each) => [each.id, each]));
    const parcels = await sideBySide(told, accountsAtOnce, async (account) => {
      const entries = await ports.entriesOf(account, body);
      const channel = channelOf(account);
      const messages = entries.map((entry) => shortened(entryToJson(entry, assets)));
      return { channel, scope, slices: heard.get(channel) ?? [], messages };
    });
    const spoken = parcels.filter(({ messages }) => messages.length > 0);
    for (const request of packBundles(spoken)) await ports.fanOut(request);
  };
}

const channelOf = (account: string): string => `account:${account}`;

async function listeningTo(feed: TellPorts['feed']): Promise<Map<string, Interest[]>> {
  return Map.groupBy(await feed.interest(scope), ({ channel }) => channel);
}

function shortened(entry: EntryMessage['entry']): EntryMessage {
  const tradesLeftOut = entry.trades.length - tradesPerMessage;
  if (tradesLeftOut <= 0) return { type: 'entry', entry };
  const trades = entry.trades.slice(0, tradesPerMessage);
  return { type: 'entry', entry: { ...entry, trades }, tradesLeftOut };
}
