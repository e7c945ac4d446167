/** What an auditor can ask a running exchange beside its API: the ledger's sums, and one picture of all that must survive a crash. */
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '#cloud/clients.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import { outboxTopics } from '#wire/outbox.ts';
import type { Exchange } from './local-exchange.ts';
import type { Trader } from './trader.ts';

/** Every asset's sum over all accounts, house accounts included: each must be 0. */
export function ledgerSums(exchange: Exchange): Promise<Record<string, string>> {
  return withTable(exchange, /ledger(?!shadow)/i, async (where) => {
    const sums = await createLedgerStore(where).sums();
    return Object.fromEntries(sums.map(({ asset, units }) => [asset, units.toString()]));
  });
}

/** The ids of what should follow from moved money and is not done: none, a few seconds after the last movement. */
export function outboxLeft(exchange: Exchange): Promise<string[]> {
  return withTable(exchange, /outbox/i, async (where) => {
    const outbox = createOutboxStore(where);
    const rows = await Promise.all(
      outboxTopics.map((topic) => outbox.overdue(topic, Number.MAX_SAFE_INTEGER, 1_000)),
    );
    return rows.flat().map(({ topic, outboxId }) => `${topic} ${outboxId}`);
  });
}

type Where = { client: DynamoDBDocumentClient; table: string };

/** Looks into the table whose name matches. */
export async function withTable<T>(
  exchange: Exchange,
  named: RegExp,
  look: (where: Where) => Promise<T>,
): Promise<T> {
  const client = documentClient({
    endpoint: exchange.urls['dynamodb'] as string,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    const table = TableNames.find((name) => named.test(name));
    if (!table) throw new Error(`no ${named.source} among the tables ${TableNames.join(', ')}`);
    return await look({ client, table });
  } finally {
    client.destroy();
  }
}

/** Everything of the traders and a market that a restart may not change. */
export async function pictureOf(traders: Trader[], market: string) {
  const [first] = traders;
  if (!first) throw new Error('a picture of nobody');
  const { bids, asks, sequence } = await first.rest.depth(market, { levels: 50 });
  const { trades } = await first.rest.trades(market, { limit: 100 });
  const { candles } = await first.rest.candles(market, { interval: '1m' });
  const accounts = await Promise.all(
    traders.map(async (trader) => {
      const token = await trader.token();
      const { orders } = await trader.rest.openOrders(token);
      const { fills: shown } = await trader.rest.fills(token);
      // They go on to the chain whatever happens here.
      const fills = shown.map(({ settlement: _, ...fill }) => fill);
      return { account: trader.account, balances: await trader.balances(), orders, fills };
    }),
  );
  return { book: { bids, asks }, sequence, trades, candles, accounts };
}
