/**
 * The story that must always be true, told through the public API: two users deposit, trade, see it, cancel,
 * get everything back; then the power fails, and nothing is lost; trades settle on the chain, one user is paid out, and the
 * other one leaves with the whole backend stopped.
 */
import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crossbook } from '#client/crossbook.ts';
import { ledgerSums, outboxLeft, pictureOf } from './audit.ts';
import { leaveAlone, settledOnChain, vaultHoldsWhatLedgerSays, withdraw } from './chain-story.ts';
import { proveJournal } from './journal-proof.ts';
import { type Exchange, startExchange } from './local-exchange.ts';
import { proveLedger } from './rebuild-proof.ts';
import { reconcile } from './reconciled.ts';
import { Trader } from './trader.ts';
import { eventually } from './waiting.ts';

export type StepTold = { step: string; ms: number; told: string };

const market = 'ETH-USDC';
/** No bots: every order of the book is the story's own. */
const flags = ['--port', '0', '--without', 'bots'];

/**
 * Tells the story; `onStep` hears each step as it ends. Throws at the first promise that does not hold.
 * Where no assembly is given, the first boot synthesizes one.
 */
export async function tellStory(
  onStep: (step: StepTold) => void,
  assembly?: string,
): Promise<void> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'crossbook-story-'));
  const step = steps(onStep);
  let exchange: Exchange | undefined;
  try {
    exchange = await step('boot', async () => {
      const booted = await startExchange({ stateFolder, flags, ...(assembly ? { assembly } : {}) });
      return [booted, `REST at ${booted.apiUrl}`];
    });
    await healthy(exchange);
    const [maker, taker] = await arrive(exchange, step);
    const resting = await trade(exchange, { maker, taker }, step);
    await cancelAndReturn(exchange, { maker, taker, resting }, step);
    const restart = async () => {
      const kept = assembly ?? join(stateFolder, 'cdk.out');
      exchange = await startExchange({ stateFolder, flags, assembly: kept });
      return exchange;
    };
    await crash(exchange, { maker, taker, restart }, step);
    await step('proof', async () => {
      const { frames, archivedTo } = await proveJournal(stateFolder, 'majors');
      return [undefined, `the journal holds, ${frames} frames, ${archivedTo} of them archived`];
    });
    await step('rebuild', async () => {
      const { operations, compared } = await proveLedger(stateFolder);
      return [
        undefined,
        `built anew from ${operations} operations and the journals it is the same, ${compared['ENTRIES']} entries among it`,
      ];
    });
    await payOut(exchange, { maker, taker }, step);
    const chain = await taker.at(exchange.apiUrl).rest.chain();
    await step('stop', async () => {
      const { ms, code } = await (exchange as Exchange).stop();
      assert.equal(code, 0);
      assert.ok(ms < 3_000, `it took ${ms} ms to stop`);
      return [undefined, `stopped in ${ms} ms`];
    });
    await step('escape', async () => {
      const taken = await leaveAlone(stateFolder, taker, chain);
      // 10 ETH and 0.5, 0.25 bought; to the atom.
      assert.equal(taken.get('ETH'), 10_750_000_000_000_000_000n);
      return [
        undefined,
        'with the whole backend stopped, a user froze the vault and left with everything',
      ];
    });
  } finally {
    await exchange?.killNine();
    rmSync(stateFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** What was traded is settled; a user is paid out; then vault and ledger agree to the atom. */
async function payOut(
  exchange: Exchange,
  { maker, taker }: { maker: Trader; taker: Trader },
  step: Step,
): Promise<void> {
  const users = [maker, taker].map((user) => user.at(exchange.apiUrl));
  await step('settled on the chain', async () => {
    const transactions = await settledOnChain(users);
    return [undefined, `every fill is settled, in ${transactions} transactions of the chain`];
  });
  await step('withdrawal', async () => {
    const paid = await withdraw(exchange, maker, { asset: 'USDC', amount: '1000' });
    assert.equal(paid, 1_000_000_000n);
    return [undefined, '1,000 USDC were held, approved and paid to the wallet by the vault'];
  });
  await step('vault and ledger', async () => {
    await vaultHoldsWhatLedgerSays(exchange, users);
    return [undefined, 'each asset of both users is in the vault as the ledger says, to the atom'];
  });
}

type Step = <T>(step: string, act: () => Promise<[T, string]>) => Promise<T>;

function steps(onStep: (step: StepTold) => void): Step {
  return async (step, act) => {
    const began = performance.now();
    const [value, told] = await act();
    onStep({ step, ms: Math.round(performance.now() - began), told });
    return value;
  };
}

async function healthy(exchange: Exchange): Promise<void> {
  await eventually(
    'every pair group to be led',
    async () => (await fetch(`${exchange.apiUrl}/v1/health`)).ok,
    20_000,
  );
}

async function arrive(exchange: Exchange, step: Step): Promise<[Trader, Trader]> {
  const maker = await Trader.arrive(exchange.apiUrl);
  const taker = await Trader.arrive(exchange.apiUrl);
  await step('subscribe', async () => {
    const channels = [`depth:${market}`, `trades:${market}`];
    await maker.listen(exchange.webSocketUrl, channels);
    await taker.listen(exchange.webSocketUrl, channels);
    return [undefined, 'both listen to depth, trades and their own account'];
  });
  await step('funds', async () => {
    await Promise.all([maker, taker].map((trader) => trader.fund()));
    const { ETH, USDC } = await maker.balances();
    assert.deepEqual(ETH, { free: '10', held: '0', total: '10' });
    assert.deepEqual(USDC, { free: '100000', held: '0', total: '100000' });
    for (const trader of [maker, taker]) {
      const { entry } = await trader.hears('entry', ({ entry: { asset } }) => asset === 'ETH');
      assert.deepEqual([entry.business, entry.available], ['deposit', '10']);
    }
    return [
      undefined,
      'two users deposited 10 ETH and 100,000 USDC each in the vault, told on their feeds when it counted',
    ];
  });
  return [maker, taker];
}

/** The maker sells 2 ETH at 2,000; the taker buys 0.5 of it. Answers the resting order's digest. */
async function trade(
  exchange: Exchange,
  { maker, taker }: { maker: Trader; taker: Trader },
  step: Step,
): Promise<string> {
  const resting = await step('resting order', async () => {
    const placed = await maker.place({ market, side: 'sell', price: '2000', size: '2' });
    assert.equal(placed.order?.status, 'open');
    assert.deepEqual(placed.fills, []);
    await taker.hears('depth', ({ asks }) =>
      asks.some(([price, size]) => price === '2000' && size === '2'),
    );
    return [placed.digest, 'sell 2 ETH at 2000 is in the book and in the feed'];
  });
  await step('crossing order', async () => {
    const placed = await taker.place({ market, side: 'buy', price: '2010', size: '0.5' });
    assert.equal(placed.order?.status, 'filled');
    assert.equal(placed.fills.length, 1);
    assert.equal(placed.fills[0]?.price, '2000');
    assert.equal(placed.fills[0]?.fee, '1');
    return [undefined, 'buy 0.5 ETH filled at 2000, fee 1 USDC'];
  });
  await step('feed', async () => {
    const told = await maker.hears(
      'trade',
      ({ price, size }) => price === '2000' && size === '0.5',
    );
    assert.equal(told.takerSide, 'buy');
    await maker.hears('fill', ({ fill }) => fill.orderDigest === resting && fill.fee === '0.5');
    await maker.hears(
      'order',
      ({ order }) => order.digest === resting && order.filledSize === '0.5',
    );
    await taker.hears('fill', ({ fill }) => fill.role === 'taker');
    for (const trader of [maker, taker])
      await trader.hears('entry', ({ entry: { trades } }) => trades[0]?.market === market);
    return [undefined, 'the trade, private updates and what was booked came by WebSocket'];
  });
  await step('balances', async () => {
    const made = await maker.balances();
    const taken = await taker.balances();
    // 0.5 × 2000 = 1000 USDC; 5 bps of it from the maker, 10 bps from the taker.
    assert.deepEqual(made['ETH'], { free: '8', held: '1.5', total: '9.5' });
    assert.equal(made['USDC']?.total, '100999.5');
    assert.equal(taken['ETH']?.total, '10.5');
    assert.equal(taken['USDC']?.total, '98999');
    return [undefined, 'both balances moved by the trade and its fees, to the unit'];
  });
  await step('outbox', async () => {
    await eventually('what follows from moved money', async () => {
      return (await outboxLeft(exchange)).length === 0;
    });
    return [undefined, 'whatever follows from moved money is done'];
  });
  await step('history', async () => {
    const candle = await eventually('the candle', async () => {
      const { candles } = await maker.rest.candles(market, { interval: '1m' });
      return candles.at(-1);
    });
    assert.equal(candle.close, '2000');
    assert.equal(candle.volume, '0.5');
    await eventually('the fill', async () => {
      const { fills } = await taker.rest.fills(await taker.token());
      return fills.length === 1;
    });
    return [undefined, 'trade, fill and candle are in the history'];
  });
  return resting;
}

async function cancelAndReturn(
  exchange: Exchange,
  { maker, taker, resting }: { maker: Trader; taker: Trader; resting: string },
  step: Step,
): Promise<void> {
  await step('cancel', async () => {
    await maker.cancel(resting);
    await maker.hears(
      'order',
      ({ order }) => order.digest === resting && order.status === 'cancelled',
    );
    const { ETH } = await maker.balances();
    assert.deepEqual(ETH, { free: '9.5', held: '0', total: '9.5' });
    return [undefined, 'the rest is cancelled, nothing is held'];
  });
  await step('credit returned', async () => {
    for (const trader of [maker, taker]) {
      await eventually(
        'all frozen funds to be returned',
        async () => {
          const { entries } = await trader.rest.entries(await trader.token(), { limit: 100 });
          const frozen = entries.reduce((sum, entry) => sum + signed(entry.frozen), 0);
          return Math.abs(frozen) < 1e-9;
        },
        20_000,
      );
    }
    for (const [asset, sum] of Object.entries(await ledgerSums(exchange)))
      assert.equal(sum, '0', `${asset} sums to ${sum} over all accounts`);
    return [undefined, 'everything frozen is available again; every asset sums to zero'];
  });
}

const signed = (text: string) => Number(text);

async function crash(
  exchange: Exchange,
  { maker, taker, restart }: { maker: Trader; taker: Trader; restart: () => Promise<Exchange> },
  step: Step,
): Promise<void> {
  const before = await step('orders before the crash', async () => {
    await maker.place({ market, side: 'sell', price: '2100', size: '1.25', clientOrderId: 'kept' });
    await taker.place({ market, side: 'buy', price: '1900', size: '0.75' });
    await taker.place({ market, side: 'buy', type: 'market', price: '2200', size: '0.25' });
    return [await settled([maker, taker], 2), 'two resting orders and another trade'];
  });
  for (const trader of [maker, taker]) trader.leave();
  const crashedAtMs = Date.now();
  const again = await step('kill -9 and restart', async () => {
    await exchange.killNine();
    const restarted = await restart();
    await healthy(restarted);
    return [restarted, 'every process killed at once, started again, every group is led'];
  });
  await step('nothing lost', async () => {
    const [makerAgain, takerAgain] = await Promise.all(
      [maker, taker].map(({ wallet }) => Trader.arrive(again.apiUrl, wallet.privateKey)),
    );
    const after = await settled([makerAgain as Trader, takerAgain as Trader], 2);
    assert.deepEqual(after, before);
    for (const [asset, sum] of Object.entries(await ledgerSums(again)))
      assert.equal(sum, '0', `${asset} sums to ${sum} over all accounts`);
    return [undefined, 'book, balances, orders and history are the same; every asset sums to zero'];
  });
  await step('statements', async () => tellStatements(taker, again, crashedAtMs));
  await step('reconciliation', async () => {
    const { found, accounts, entries, waitingRuns } = await reconcile(again.stateFolder, 15_000);
    assert.deepEqual(found, []);
    return [
      undefined,
      `${accounts} accounts and ${entries} entries add up, ${waitingRuns} runs wait for the outbox's sweep`,
    ];
  });
}

/** What happened before the crash, as a list and as a file of it. */
async function tellStatements(
  { wallet }: Trader,
  { apiUrl }: Exchange,
  toMs: number,
): Promise<[undefined, string]> {
  const owner = await Trader.arrive(apiUrl, wallet.privateKey);
  const { deposits } = await owner.rest.deposits(await owner.token());
  assert.deepEqual(deposits.map(({ asset }) => asset).sort(), ['BTC', 'ETH', 'SOL', 'USDC']);
  const fromMs = Math.min(...deposits.map(({ atMs }) => atMs));
  const { statements } = new Crossbook({ apiUrl, signer: wallet as never });
  const wish = { kind: 'fills', format: 'csv', from: fromMs, to: toMs } as const;
  const { export: file, body } = await statements.file(wish);
  const lines = (await new Response(body).text()).split('\r\n');
  const { fills } = await owner.rest.fills(await owner.token(), { order: 'oldest', to: toMs });
  assert.deepEqual(
    lines.slice(1, -1).map((line) => line.split(',')[2]),
    fills.map(({ tradeId }) => tradeId),
  );
  assert.equal(lines.length, 2 + 2);
  return [undefined, `four deposits, and a file of ${file.progress.rows} fills`];
}

/** The picture once the history has every trade, and the candles have it too. The sequence is left out: a new leader adds to it. */
async function settled(traders: Trader[], trades: number) {
  return eventually(`${trades} trades in the history`, async () => {
    const { sequence: _, ...picture } = await pictureOf(traders, market);
    const inHistory = picture.accounts.every(({ fills }) => fills.length === trades);
    const inCandles = picture.candles.reduce((sum, candle) => sum + candle.trades, 0) === trades;
    return picture.trades.length === trades && inHistory && inCandles && picture;
  });
}
