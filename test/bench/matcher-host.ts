/**
 * A leading matcher as a process of its own, for its benchmark: the real inlet, leader and journal writer on a local Kinesis;
 * lease and ledger are in memory, where the one writes a row a second and the other serves each account once.
 */
import { kinesisClient, kinesisReader } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createFeedPublisher } from '#cloud/feed-publisher.ts';
import { createJournalReader } from '#cloud/journal-reader.ts';
import { createJournalWriter, type JournalWriter } from '#cloud/journal-writer.ts';
import { openInlet } from '../../containers/matcher/inlet.ts';
import { type Leader, lead } from '../../containers/matcher/leader.ts';
import { keepLease, takeLease } from '../../containers/matcher/lease.ts';
import { systemTimers as timers } from '../../containers/matcher/timers.ts';
import { MemoryLeases } from '../matcher/memory-leases.ts';
import { MemoryLedger } from '../matcher/memory-ledger.ts';
import { answerParent } from './forked.ts';
import { accounts, base, groupId, market, quote } from './matcher-orders.ts';

export type Streams = { journal: string; bare: string };

/** What the matcher did since it was asked before. Times are epoch ms with fractions. */
export type Doings = {
  cpuMicros: number;
  putsMs: { sent: number; ended: number }[];
  journalBytes: number;
};

/** Frames kept for the bare puts. */
const kept = 100;

const nowMs = () => performance.timeOrigin + performance.now();
const leaseMs = 30_000;
let puts: { sent: number; ended: number; data: Uint8Array }[] = [];
let frames: Uint8Array[] = [];
let cpu = process.cpuUsage();
let bare: JournalWriter | undefined;
let leader: Leader | undefined;

answerParent({ start, doings, bareMs });

async function start({ journal, bare: bareStream }: Streams): Promise<number> {
  bare = createJournalWriter({ client: kinesisClient(), stream: bareStream, clock });
  const ports = { store: new MemoryLeases().connect().store, clock, timers };
  const wish = { groupId, owner: 'bench', host: '127.0.0.1', port: 1, durationMs: leaseMs };
  const doubted = (cause: Error) => {
    throw cause;
  };
  const lease = keepLease(await takeLease(wish, ports), ports, { leaseMs, doubted });
  const ledger = new MemoryLedger();
  ledger.policy = 'sticky';
  for (const account of accounts)
    for (const { id } of [base, quote]) ledger.fund(account, id, 10n ** 14n);
  leader = await lead({
    ...{ groupId, lease, clock, timers, doubted, hashSecret: 7 },
    nonce: `0x${'07'.repeat(16)}`,
    markets: [{ market, base, quote }],
    writer: timed(createJournalWriter({ client: kinesisClient(), stream: journal, clock })),
    reader: createJournalReader({ client: kinesisReader(), stream: journal }),
    ledger: ledger.ports(),
    cleared: async () => ledger.cleared(groupId),
    publisher: createFeedPublisher({
      clock,
      interestOf: async () => [],
      fanOut: async () => {},
    }),
    demandElsewhere: async () => 0,
    tallies: { frame: () => () => {}, putTook: () => {} },
    faulted: (what, error) => console.error(what, error ?? ''),
  });
  const failed = (error: unknown) => console.error('a request failed', error);
  const inlet = await openInlet({
    ...{ groupId, port: 0, failed },
    leader: () => leader,
    isAlive: () => true,
  });
  return inlet.port;
}

function timed(writer: JournalWriter): JournalWriter {
  return {
    async put(data, after) {
      const sent = nowMs();
      const shardSequence = await writer.put(data, after);
      puts.push({ sent, ended: nowMs(), data });
      return shardSequence;
    },
  };
}

function doings(): Doings {
  const { user, system } = process.cpuUsage(cpu);
  leader?.engine.validate();
  const done = puts;
  puts = [];
  frames = done.slice(-kept).map(({ data }) => data);
  cpu = process.cpuUsage();
  return {
    cpuMicros: user + system,
    putsMs: done.map(({ sent, ended }) => ({ sent, ended })),
    journalBytes: done.reduce((sum, { data }) => sum + data.length, 0),
  };
}

/** The newest frames put again into another stream, one after another, with nothing else going on. */
async function bareMs(): Promise<number[]> {
  const took: number[] = [];
  let after: string | undefined;
  for (const data of frames) {
    const sent = nowMs();
    after = await bare?.put(data, after);
    took.push(nowMs() - sent);
  }
  cpu = process.cpuUsage();
  return took;
}
