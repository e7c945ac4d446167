/** A journal that matchers wrote, kept partly in an archive and partly in a stream, and the command line over both. */
import { archiveJournal } from '#cloud/archive-journal.ts';
import { createArchiveStore } from '#cloud/archive-store.ts';
import { isAfter, type JournalRecord } from '#cloud/journal-run.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { chainAfter, encodeEpoch, encodeFrame, type Frame } from '#wire/journal-frame.ts';
import { runJournal } from '../../ops/journal/run.ts';
import { MemoryBucket } from '../cloud/memory-bucket.ts';
import { address, groupId, MatcherWorld, market } from '../matcher/matcher-world.ts';

export { groupId };

/** Two leaders, one after the other was killed; orders that trade, that rest and that are cancelled. */
export async function writtenJournal() {
  const world = new MatcherWorld();
  for (const trader of ['alice', 'bob']) {
    world.ledger.fund(address(trader), 'USDC', 1_000_000n);
    world.ledger.fund(address(trader), 'ETH', 10_000n);
  }
  let running = await world.start();
  for (let life = 0; life < 2; life += 1) {
    for (let round = 0; round < 6; round += 1) {
      const bid = world.order('alice', { side: 'buy', ticks: 100 + round, lots: 3 });
      await world.send(running, bid);
      await world.send(running, world.order('bob', { side: 'sell', ticks: 100, lots: 2 }));
      await world.send(running, world.cancel('alice', bid.digest));
      world.ledger.clear(groupId, world.journal);
    }
    if (life === 1) break;
    running.kill();
    await world.time.pass(5);
    running = await world.start();
  }
  const { engine } = running.leader;
  return {
    records: world.journal.records,
    frames: world.journal.frames(groupId),
    hashes: { stateHash: engine.stateHash(), eventHash: engine.eventHash() },
  };
}

/** Records that say of some frames what `change` makes of them, under a chain that holds. */
export function rewritten(
  records: readonly JournalRecord[],
  change: (frame: Frame) => Frame,
): JournalRecord[] {
  let state: Watermark = startOfJournal;
  let { chain } = state;
  return records.flatMap((record) => {
    const verdict = acceptRecord(groupId, state, record);
    if (verdict.type === 'stop') throw new Error(verdict.detail);
    state = verdict.state;
    if (verdict.type === 'ignored') return [];
    const data =
      verdict.type === 'epoch'
        ? encodeEpoch(verdict.epoch)
        : encodeFrame({ ...change(verdict.frame), previousHash: chain });
    chain = chainAfter(chain, data);
    return [{ ...record, data }];
  });
}

export async function archiveOf(records: readonly JournalRecord[], batch = 5) {
  const bucket = new MemoryBucket();
  const store = createArchiveStore(bucket);
  const follow = () => {
    throw new Error('the batches have no gap');
  };
  for (let at = 0; at < records.length; at += batch)
    await archiveJournal({ store, follow }, groupId, records.slice(at, at + batch));
  return bucket;
}

/** What the command line prints and answers. */
export async function journalLine(
  words: string[],
  kept: {
    bucket?: MemoryBucket;
    stream?: readonly JournalRecord[];
    knowsMarkets?: true;
    interruptAt?: number;
  },
) {
  const said: string[] = [];
  const told: string[] = [];
  const interrupting = new AbortController();
  const { bucket = new MemoryBucket(), stream = [], knowsMarkets, interruptAt } = kept;
  const code = await runJournal(words, {
    reach: async () => ({
      groupIds: [groupId],
      archive: createArchiveStore(bucket),
      async *stream(_, after) {
        const left = stream.filter(({ shardSequence }) => isAfter(shardSequence, after));
        for (let at = 0; at < left.length; at += 4) {
          yield left.slice(at, at + 4);
          if (interruptAt !== undefined && at >= interruptAt) interrupting.abort();
        }
      },
      markets: async () => (knowsMarkets ? [market] : []),
      close() {},
    }),
    async say(line) {
      said.push(line);
    },
    tell: (line) => void told.push(line),
    monotonicMs: () => 0,
    interrupted: interrupting.signal,
  });
  return { code, said: said.join('\n'), told: told.join('\n') };
}
