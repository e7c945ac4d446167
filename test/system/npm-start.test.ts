/** What a newcomer sees of `npm start`: an exchange that comes up, is tried, stopped, started again, begun anew. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { processesOf } from '../left-behind.ts';
import { pictureOf } from './audit.ts';
import { type Typed, type } from './console.ts';
import { Trader } from './trader.ts';
import { eventually } from './waiting.ts';

const stopWithinMs = 3_000;
const market = 'ETH-USDC';
const stateFolder = mkdtempSync(join(tmpdir(), 'crossbook-npm-start-'));
const typed: Typed[] = [];

afterAll(() => {
  for (const each of typed) each.kill();
  for (const { pid } of processesOf(stateFolder)) process.kill(pid, 'SIGKILL');
  rmSync(stateFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

function npmStart(...flags: string[]): Typed {
  const words = ['start', '--', '--state', stateFolder, '--port', '0', ...flags];
  const started = type('npm', words);
  typed.push(started);
  return started;
}

/** The summary as printed: addresses by their label, and the commands to try. */
function summaryOf(printed: string) {
  const [table = '', tries = ''] = printed.split('\nTry:\n');
  const address = (label: string) =>
    new RegExp(`^ {2}${label} +(\\S+)$`, 'm').exec(table)?.[1] ?? `no ${label} was printed`;
  const commands = tries
    .split('\n')
    .filter((line) => line.startsWith('  ') && !line.startsWith('  #'))
    .map((line) => line.trim());
  return {
    rest: address('REST API'),
    health: address('Health'),
    webSocket: address('WebSocket feed'),
    commands,
  };
}

let newcomer: Typed;
let trader: Trader;
let before: Awaited<ReturnType<typeof pictureOf>>;
const summary = () => summaryOf(newcomer.printed());

beforeAll(async () => {
  newcomer = npmStart();
  await newcomer.says(/^Ready in /m);
});

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.log(newcomer.printed());
});

test('the first start shows its progress, three addresses that answer, and is ready', async () => {
  const printed = newcomer.printed();
  expect(printed).toMatch(/synthesizing the template….*emulator answers.*waiting for/s);
  const { rest, health, webSocket } = summary();
  expect((await fetch(`${rest}/v1/time`)).status).toBe(200);
  expect((await fetch(health)).status).toBe(200);
  const socket = new WebSocket(webSocket);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  socket.close();
});

test('each of the three printed commands does what it says in a shell', async () => {
  const { commands } = summary();
  expect(commands).toHaveLength(3);
  const heard = await Promise.all(
    commands.map(async (command) => {
      const running = type('sh', ['-c', command]);
      typed.push(running);
      // The third goes on until somebody stops it: what it says first is enough.
      const text = await running.says(/"markets"|"asks"|"type":"trade"/);
      running.kill();
      return text;
    }),
  );
  expect(heard[0]).toContain(market);
  expect(heard[1]).toContain('"bids"');
  expect(heard[2]).toContain(market);
});

test('a user gets funds and trades with the bots at once', async () => {
  trader = await Trader.arrive(summary().rest);
  await trader.fund();
  const ask = await eventually('an ask of the bots', async () => {
    const { asks } = await trader.rest.depth(market, { levels: 1 });
    return asks[0]?.[0];
  });
  const dear = String(Math.round(Number(ask) * 1.2));
  const bought = await trader.place({
    market,
    side: 'buy',
    type: 'market',
    price: dear,
    size: '0.05',
  });
  expect(bought.order?.status).toBe('filled');
  // Beyond every quote of the bots, and inside the band.
  const far = String(Math.round(Number(ask) * 1.06));
  const rested = await trader.place({ market, side: 'sell', price: far, size: '0.25' });
  expect(rested.order?.status).toBe('open');
  before = await pictureWith(bought.fills.length);
  expect(before.accounts[0]?.orders).toHaveLength(1);
});

/** The picture of the trader once the history holds all the trader's fills. */
function pictureWith(fills: number) {
  return eventually('the fills in the history', async () => {
    const picture = await pictureOf([trader], market);
    return picture.accounts[0]?.fills.length === fills && picture;
  });
}

test('a second start on the same state says in one sentence that one runs already', async () => {
  const second = npmStart();
  expect((await second.ended).code).toBe(1);
  expect(second.complained()).toMatch(/^Another local cloud \(process \d+\) runs on [^\n]*\n$/m);
  expect((await fetch(summary().health)).status).toBe(200);
});

test('a matcher that crashes is told in one line, and trading goes on', async () => {
  const matcher = processesOf(stateFolder).find(({ pid }) => isMatcher(pid));
  expect(matcher).toBeDefined();
  process.kill(matcher?.pid as number, 'SIGKILL');
  await newcomer.says(/ {2}! {2}.*Matcher.* ended by SIGKILL; it is started again: read .*\n/);
  await eventually('health', async () => (await fetch(summary().health)).ok, 20_000);
});

function isMatcher(pid: number): boolean {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').includes('CROSSBOOK_PAIR_GROUP=majors');
}

test('Ctrl-C ends everything within 3 s and leaves no process', async () => {
  const { ms } = await newcomer.interrupt();
  expect(newcomer.printed()).toContain('Stopping…');
  expect(processesOf(stateFolder)).toEqual([]);
  expect(ms).toBeLessThan(stopWithinMs);
});

test('the next start goes on with the same balances, orders and trades', async () => {
  newcomer = npmStart();
  await newcomer.says(/^Ready in /m);
  trader = await Trader.arrive(summary().rest, trader.wallet.privateKey);
  const after = await pictureWith(before.accounts[0]?.fills.length ?? 0);
  expect(after.accounts).toEqual(before.accounts);
  const { trades } = await trader.rest.trades(market, { limit: 500 });
  expect(trades).toEqual(expect.arrayContaining(before.trades));
  await newcomer.interrupt();
});

test('--fresh begins anew', async () => {
  newcomer = npmStart('--fresh', '--assembly', inject('assembly'));
  await newcomer.says(/^Ready in /m);
  trader = await Trader.arrive(summary().rest, trader.wallet.privateKey);
  const [mine] = (await pictureOf([trader], market)).accounts;
  const totals = Object.values(mine?.balances ?? {}).map(({ total }) => Number(total));
  expect(totals.filter((total) => total !== 0)).toEqual([]);
  expect(mine).toMatchObject({ orders: [], fills: [] });
  expect((await newcomer.interrupt()).ms).toBeLessThan(stopWithinMs);
  expect(processesOf(stateFolder)).toEqual([]);
});
