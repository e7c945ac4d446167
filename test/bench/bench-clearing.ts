/** Trades from their journal into the ledger, beside one transaction a trade; and reading statements meanwhile. */
import { strict as assert } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import { createLedgerStore, type LedgerStore } from '#cloud/ledger-store.ts';
import { account, seeded } from '../cloud/clearing-journal.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { postOneByOne } from './bare-trades.ts';
import { ClearedMarket, type Plan } from './cleared-market.ts';
import { assertSums, clearingRig } from './clearing-rig.ts';
import { alone, type Benchmark, beside, type Measured } from './figure.ts';
import { forked } from './forked.ts';
import { clearSteadily, type Steady, type SteadyPlan } from './steady-clearing.ts';

/** `CROSSBOOK_SCALE=0.1` for a look on a small machine. */
const scale = Number(process.env['CROSSBOOK_SCALE'] ?? 1);
const batches = Math.max(2, Math.round(10 * scale));
/** Trades that the peer posts, in several turns. */
const bareTrades = Math.round(2_000 * scale);
const plan = { framesPerBatch: 100, returnsPerBatch: 10 };
/** What goes on at a steady pace: a market's second, and the grants and deposits of its accounts beside it. */
const steady = { seconds: Math.round(20 * scale), tradesPerSec: 1_000, besidePerSec: 50 };
const pagesPerSec = 25;
/** Entries on a page, as the API gives them. */
const pageOf = 50;

let started: Promise<DynamoTwin> | undefined;
function twin(): Promise<DynamoTwin> {
  started ??= startDynamo('unused', { onDisk: true }).then((running) => {
    // Also after a failed run, which ends without ending what was started.
    process.on('exit', () => void running.stop());
    return running;
  });
  return started;
}

export const benchmark: Benchmark = {
  about: [
    'Batches of 100 frames, as Lambda gives them, from journal bytes to balances, entries, run items and outbox rows on the local twin of DynamoDB.',
    'Beside it the same trades as one transaction each (five balances and the trade, no entries, 16 in flight). The twin is one process:',
    'the ratio says what netting saves of transactions, not how fast the service is. Left out: Kinesis, Lambda, the network.',
  ].join('\n'),
  cases: {
    'hot-market': async () => [
      ...(await measure({ ...plan, accounts: 20, tradesPerFrame: 50 })),
      await measureConflicts(),
    ],
    'many-accounts': () => measure({ ...plan, accounts: 2_000, tradesPerFrame: 10 }),
    statements: measureStatements,
  },
  end: async () => void (await (await twin()).stop()),
};

async function measure(plan: Plan): Promise<Measured[]> {
  const { client } = await twin();
  const market = new ClearedMarket(plan);
  const rig = await clearingRig(client, market);
  const share = Math.ceil(bareTrades / batches);
  const bare = new ClearedMarket({
    ...plan,
    framesPerBatch: 1,
    tradesPerFrame: share,
    returnsPerBatch: 0,
  });
  const bareTable = await newTable();
  await bare.fill({ client, table: bareTable });

  // By turns, so that whatever else the machine does falls on both; the first turn warms up.
  const turn = async () => {
    const batch = market.next(rig.granted.splice(0));
    const clearedMs = await timed(() => rig.clear(batch));
    bare.next([]);
    const bareMs = await timed(() => postOneByOne(client, bareTable, bare.trades));
    return { clearedMs, bareMs, cleared: market.trades.length };
  };
  await turn();
  const sums = { clearedMs: 0, bareMs: 0, cleared: 0 };
  for (let nth = 0; nth < batches; nth += 1) {
    const { clearedMs, bareMs, cleared } = await turn();
    sums.clearedMs += clearedMs;
    sums.bareMs += bareMs;
    sums.cleared += cleared;
  }
  await assertSums(client, rig, market);
  await assertSums(
    client,
    { table: bareTable, ledger: createLedgerStore({ client, table: bareTable }) },
    bare,
  );
  return [
    beside('tradesPerSec', '1/s', (sums.cleared * 1_000) / sums.clearedMs, {
      name: 'a transaction a trade',
      value: (batches * share * 1_000) / sums.bareMs,
    }),
  ];
}

/** Of all transactions of clearing, grants and deposits of the same 20 accounts, how many had to be sent again. */
async function measureConflicts(): Promise<Measured> {
  const { client } = await twin();
  const { traffic } = await clearSteadily(client, { ...steady, accounts: 20 });
  const again = traffic.conflicts + traffic.races;
  return alone('conflictRetriesPercent', '%', (100 * again) / traffic.transactions);
}

async function measureStatements(): Promise<Measured[]> {
  const { client } = await twin();
  const accounts = 50;
  const host = forked(new URL('./clearing-host.ts', import.meta.url));
  const table = await host.call<string>('begin', { ...steady, accounts } satisfies SteadyPlan);
  const ledger = createLedgerStore({ client, table });
  const draw = seeded(3);
  const pages: Promise<number>[] = [];
  const began = performance.now();
  for (let nth = 0; nth < steady.seconds * pagesPerSec; nth += 1) {
    await pause(Math.max(0, began + (nth * 1_000) / pagesPerSec - performance.now()));
    pages.push(readStatement(ledger, account(draw(accounts))));
  }
  const tookMs = (await Promise.all(pages)).sort((one, other) => one - other);
  const { tradesPerSec } = await host.call<Steady>('end');
  await host.end();
  const quantile = (share: number) => tookMs[Math.floor(tookMs.length * share)] as number;
  return [
    alone('statementP50Ms', 'ms', quantile(0.5)),
    alone('statementP99Ms', 'ms', quantile(0.99)),
    alone('clearedPerSecBesides', '1/s', tradesPerSec),
  ];
}

/** The newest page of an account. */
async function readStatement(ledger: LedgerStore, of: string): Promise<number> {
  let page: Awaited<ReturnType<LedgerStore['entries']>> | undefined;
  const tookMs = await timed(async () => {
    page = await ledger.entries(of, { limit: pageOf });
  });
  assert.ok(page && page.entries.length > 0, 'a statement without entries');
  return tookMs;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
