/** What the whole local stack takes of a machine: memory with bots trading, CPU when idle, and the time to start and to stop. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange } from '../system/local-exchange.ts';
import {
  assemblyUnderTest,
  bootUnderTest,
  checkSums,
  endUnderTest,
  newState,
} from './exchange-under-test.ts';
import { alone, type Benchmark } from './figure.ts';

const tradingMs = 60_000;
/** Whatever a schedule wakes every minute has been woken for the first time. */
const settlingMs = 65_000;
const idleMs = 40_000;
/** Linux counts CPU time in hundredths of a second for every architecture (USER_HZ). */
const msPerTick = 10;

/** Memory of a process, in bytes: resident, or with the pages that it shares divided among those that share them. */
function memoryBytes(pid: number, kind: 'Rss' | 'Pss'): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]) * 1_024;
}

/** CPU time that a process has used so far, user and system. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; user and system time are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

const sumOf = (exchange: Exchange, measure: (pid: number) => number): number =>
  exchange.processes().reduce((sum, pid) => sum + measure(pid), 0);

async function checkHealth(exchange: Exchange): Promise<void> {
  const { status } = await fetch(`${exchange.apiUrl}/v1/health`);
  assert.equal(status, 200, `health says ${status}`);
}

async function memory() {
  const exchange = await bootUnderTest([]);
  const processes = exchange.processes().length;
  await sleep(tradingMs);
  const residentBytes = sumOf(exchange, (pid) => memoryBytes(pid, 'Rss'));
  const proportionalBytes = sumOf(exchange, (pid) => memoryBytes(pid, 'Pss'));
  const trades = await fetch(`${exchange.apiUrl}/v1/markets/ETH-USDC/trades`);
  const answer = (await trades.json()) as { trades: unknown[] };
  assert.ok(answer.trades.length > 0, 'the bots traded nothing');
  await checkHealth(exchange);
  await checkSums(exchange);
  await endUnderTest(exchange);
  return [
    alone('residentMiB', 'MiB', residentBytes / 2 ** 20),
    alone('proportionalMiB', 'MiB', proportionalBytes / 2 ** 20),
    alone('processes', '1', processes),
  ];
}

async function idle() {
  const exchange = await bootUnderTest(['--without', 'bots']);
  await sleep(settlingMs);
  const before = sumOf(exchange, cpuMs);
  const pids = exchange.processes().join();
  const began = performance.now();
  await sleep(idleMs);
  const elapsedMs = performance.now() - began;
  const usedMs = sumOf(exchange, cpuMs) - before;
  assert.equal(exchange.processes().join(), pids, 'a process came or went while idle');
  await checkHealth(exchange);
  await endUnderTest(exchange);
  return [alone('cpuPercentOfOneCore', '%', (usedMs / elapsedMs) * 100)];
}

async function boot() {
  await assemblyUnderTest();
  const stateFolder = newState();
  const started = async () => {
    const began = performance.now();
    const exchange = await bootUnderTest([], stateFolder);
    const ms = performance.now() - began;
    await checkHealth(exchange);
    return { ms, stopMs: await endUnderTest(exchange) };
  };
  const first = await started();
  const again = await started();
  return [
    alone('firstStartMs', 'ms', first.ms),
    alone('nextStartMs', 'ms', again.ms),
    alone('stopMs', 'ms', Math.max(first.stopMs, again.stopMs)),
  ];
}

export const benchmark: Benchmark = {
  about:
    `The local stack's processes together: memory ${tradingMs / 1_000} s after the ready line with bots (resident counts shared pages in each process, proportional counts them once), ` +
    `CPU over ${idleMs / 1_000} s without bots and orders, start from a synthesized template and stop. Needs /proc.`,
  cases: { memory, idle, boot },
};
