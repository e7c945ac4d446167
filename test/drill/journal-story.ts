/** What the journals say: which commands were taken, what became of orders, who traded, and whose credit is where. Counted from the events alone. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-kinesis';
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { PlaceOrder } from '#domain/command.ts';
import type { EngineEvent, OrderDone, Trade } from '#domain/event.ts';
import type { Digest } from '#domain/order.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { decodeRecord, type Frame } from '#wire/journal-frame.ts';
import { tradeId } from '#wire/present.ts';
import { feeAccount } from '#wire/table-keys.ts';

export type Journal = { groupId: string; frames: Frame[]; to: Watermark; ignored: number };

export type OrderStory = {
  placed: PlaceOrder;
  groupId: string;
  sizeLots: number;
  filledLots: number;
  done?: OrderDone;
};

export type JournalStory = {
  /** Sequence numbers under which a command was accepted: more than one is a command taken twice. */
  accepted: Map<string, number[]>;
  orders: Map<Digest, OrderStory>;
  /** By their public identity. */
  trades: Map<string, Trade & { groupId: string }>;
  /** What each account has in a pair group, by `account#asset#group`. */
  frozen: Map<string, bigint>;
  /** What trading, grants and returns did to the available side, by `account#asset`. */
  available: Map<string, bigint>;
};

/** Reads every journal to its present end. */
export async function readJournals(client: KinesisClient): Promise<Journal[]> {
  const { StreamNames = [] } = await client.send(new ListStreamsCommand({ Limit: 100 }));
  const journals = await Promise.all(
    StreamNames.filter((name) => /journal/i.test(name)).map((name) => readJournal(client, name)),
  );
  return journals.sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
}

async function readJournal(client: KinesisClient, stream: string): Promise<Journal> {
  const { Shards: [shard] = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const first = new GetShardIteratorCommand({
    StreamName: stream,
    ShardId: shard?.ShardId ?? '',
    ShardIteratorType: 'TRIM_HORIZON',
  });
  let iterator = (await client.send(first)).ShardIterator;
  const records: JournalRecord[] = [];
  for (;;) {
    const read = new GetRecordsCommand({ ShardIterator: iterator ?? '', Limit: 1_000 });
    const { Records = [], NextShardIterator } = await client.send(read);
    // The local twin answers nothing only where nothing follows.
    if (Records.length === 0) return journalOf(records);
    for (const { Data, SequenceNumber } of Records)
      records.push({ data: Data as Uint8Array, shardSequence: SequenceNumber as string });
    iterator = NextShardIterator;
  }
}

/** What counts of a journal's records, by the one rule of all readers. */
export function journalOf(records: readonly JournalRecord[]): Journal {
  const journal: Journal = { groupId: '', frames: [], to: startOfJournal, ignored: 0 };
  for (const record of records) take(journal, record);
  return journal;
}

function take(journal: Journal, record: JournalRecord): void {
  if (journal.groupId === '') {
    const first = decodeRecord(record.data);
    if (first.kind === 'bad')
      throw new Error(`a journal begins with a record of bad ${first.reason}`);
    journal.groupId = first.groupId;
  }
  const verdict = acceptRecord(journal.groupId, journal.to, record);
  if (verdict.type === 'stop')
    throw new Error(
      `the journal of ${journal.groupId} stops its readers: ${verdict.reason}, ${verdict.detail}`,
    );
  journal.to = verdict.state;
  if (verdict.type === 'frame') journal.frames.push(verdict.frame);
  if (verdict.type === 'ignored') journal.ignored += 1;
}

/** Of journals as they were read; only what commands did counts. */
export function tellStory(
  journals: readonly { groupId: string; frames: readonly Pick<Frame, 'outcomes'>[] }[],
): JournalStory {
  const story: JournalStory = {
    accepted: new Map(),
    orders: new Map(),
    trades: new Map(),
    frozen: new Map(),
    available: new Map(),
  };
  for (const { groupId, frames } of journals)
    for (const { outcomes } of frames)
      for (const { command, events } of outcomes) {
        const [opening] = events;
        if (opening?.type === 'accepted' && command.type === 'place') {
          const { commandId: digest, amounts } = command;
          if (!story.orders.has(digest))
            story.orders.set(digest, {
              ...{ placed: command, groupId, sizeLots: amounts.sizeLots, filledLots: 0 },
            });
        }
        for (const event of events) tell(story, event, groupId);
      }
  return story;
}

function tell(story: JournalStory, event: EngineEvent, groupId: string): void {
  if (event.type === 'accepted') {
    const { commandId, sequence } = event;
    story.accepted.set(commandId, [...(story.accepted.get(commandId) ?? []), sequence]);
  } else if (event.type === 'trade') {
    story.trades.set(tradeId(groupId, event.sequence), { ...event, groupId });
    for (const digest of [event.makerDigest, event.takerDigest]) {
      const order = story.orders.get(digest);
      if (order) order.filledLots += event.sizeLots;
    }
    tellMoney(story, event, groupId);
  } else if (event.type === 'order_done') {
    const order = story.orders.get(event.digest);
    if (order) order.done = event;
  } else if (event.type === 'order_amended') {
    const order = story.orders.get(event.digest);
    if (order) order.sizeLots = event.sizeLots;
  } else if (event.type === 'credit_granted' || event.type === 'credit_returned') {
    const units = BigInt(event.units) * (event.type === 'credit_granted' ? 1n : -1n);
    add(story.frozen, `${event.account}#${event.asset}#${groupId}`, units);
    add(story.available, `${event.account}#${event.asset}`, -units);
  }
}

function tellMoney({ frozen }: JournalStory, trade: Trade, groupId: string): void {
  for (const { account, asset, units } of movesOf(trade))
    add(frozen, `${account}#${asset}#${groupId}`, units);
}

export type Move = { account: string; asset: string; units: bigint };

/** What a trade moves: both sides' base and quote, fees taken, and the fees themselves. */
export function movesOf(trade: Trade): Move[] {
  const [base = '', quote = ''] = trade.marketId.split('-');
  const isTakerBuying = trade.takerSide === 'buy';
  const maker = { account: trade.makerAccount, fee: BigInt(trade.makerFeeUnits) };
  const taker = { account: trade.takerAccount, fee: BigInt(trade.takerFeeUnits) };
  const [buyer, seller] = isTakerBuying ? [taker, maker] : [maker, taker];
  const baseUnits = BigInt(trade.baseUnits);
  const quoteUnits = BigInt(trade.quoteUnits);
  return [
    { account: buyer.account, asset: base, units: baseUnits },
    { account: buyer.account, asset: quote, units: -quoteUnits - buyer.fee },
    { account: seller.account, asset: base, units: -baseUnits },
    { account: seller.account, asset: quote, units: quoteUnits - seller.fee },
    { account: feeAccount, asset: quote, units: buyer.fee + seller.fee },
  ];
}

function add(to: Map<string, bigint>, key: string, units: bigint): void {
  to.set(key, (to.get(key) ?? 0n) + units);
}
