/** What an auditor can ask a running exchange beside its API: the ledger's sums, and one picture of all that must survive a crash. */
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import type { Exchange } from './local-exchange.ts';
import type { Trader } from './trader.ts';

/** Every asset's sum over all accounts, house accounts included: each must be 0. */
export async function ledgerSums(exchange: Exchange): Promise<Record<string, string>> {
  const bare = new DynamoDBClient({
    endpoint: exchange.urls['dynamodb'] as string,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const client = DynamoDBDocumentClient.from(bare, {
    unmarshallOptions: {
      wrapNumbers: (text) => (/^-?\d+$/.test(text) ? BigInt(text) : Number(text)),
    },
  });
  try {
    const { TableNames = [] } = await bare.send(new ListTablesCommand({}));
    const table = TableNames.find((name) => /ledger/i.test(name));
    if (!table) throw new Error(`no ledger among the tables ${TableNames.join(', ')}`);
    const sums = await createLedgerStore({ client, table }).sums();
    return Object.fromEntries(sums.map(({ asset, units }) => [asset, units.toString()]));
  } finally {
    client.destroy();
    bare.destroy();
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
      const { fills } = await trader.rest.fills(token);
      return { account: trader.account, balances: await trader.balances(), orders, fills };
    }),
  );
  return { book: { bids, asks }, sequence, trades, candles, accounts };
}

/** Total of every asset over some traders, as text of exact decimals: changes only by fees. */
export function totalOf(
  balances: Record<string, { total: string }>[],
  asset: string,
  decimals: number,
): bigint {
  return balances.reduce((sum, each) => sum + toUnits(each[asset]?.total ?? '0', decimals), 0n);
}

function toUnits(text: string, decimals: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}
