/** A pair group's surroundings in memory, and matchers that start in them, lead, are killed and are replaced. */
import type { Told } from '#cloud/feed-publisher.ts';
import type { JournalReader } from '#cloud/journal-reader.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import type { MarketState } from '#domain/market.ts';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { begin } from '../../containers/matcher/beginning.ts';
import { type Leader, lead } from '../../containers/matcher/leader.ts';
import { type HeldLease, keepLease, takeLease } from '../../containers/matcher/lease.ts';
import { fromTheBeginning, Replica } from '../../containers/matcher/replica.ts';
import type { SnapshotFigures } from '../../containers/matcher/snapshot-taker.ts';
import { type Standby, standBy } from '../../containers/matcher/standby.ts';
import type { MemoryBucket } from '../cloud/memory-bucket.ts';
import { address, base, plainMarket, quote } from '../engine/trading-floor.ts';
import { askLeader } from './ask-leader.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemoryLeases } from './memory-leases.ts';
import { MemoryLedger } from './memory-ledger.ts';
import {
  atoms,
  freshId,
  freshOperatorsId,
  limitOrder,
  type PlaceRequest,
  type Wanted,
} from './orders.ts';
import { VirtualTime } from './virtual-time.ts';

export const leaseMs = 3_000;
export const groupId = plainMarket.groupId;
export const market = { market: plainMarket, base, quote };

type Ask<T extends CommandRequest['type']> = Extract<CommandRequest, { type: T }>;

export type Published = Told;

export type Running = {
  leader: Leader;
  lease: HeldLease;
  published: Published[];
  /** Why it stopped. */
  doubts: Error[];
  faults: string[];
  taken: SnapshotFigures[];
  /** The frame of the snapshot that it began with; 0 where it began with the first frame. */
  began: number;
  /** As kill -9: nothing it does reaches anything any more, and it is told nothing. */
  kill(): void;
  /** It can no longer renew, yet it runs on. */
  loseTable(): void;
  loseStream(): void;
};

/** A process from its start: it follows the journal, and leads once the lease is its own. */
export type Standing = {
  standby: Standby;
  replica: Replica;
  leads: Promise<Running>;
  /** Rejects where it could not follow the journal. */
  failed: Promise<never>;
  /** As kill -9, before it leads. */
  kill(): void;
};

type Process = {
  number: number;
  table: ReturnType<MemoryLeases['connect']>;
  stream: ReturnType<MemoryJournal['connect']>;
  reader: JournalReader;
  replica: Replica;
  standby: Standby;
};

export class MatcherWorld {
  readonly time = new VirtualTime();
  readonly journal = new MemoryJournal(this.time.timers);
  readonly leases = new MemoryLeases();
  readonly ledger = new MemoryLedger();
  markets = [market];
  /** Where snapshots are kept; without it every start replays the whole journal. */
  bucket: MemoryBucket | undefined;
  /** Why a start did not begin with some snapshot. */
  readonly unused: string[] = [];
  demandElsewhere: (account: string, asset: string) => Promise<number> = async () => 0;
  /** How old the chain's head may be; nobody looks where it is absent. */
  chainStaleMs: number | undefined;
  #starts = 0;

  async start(): Promise<Running> {
    return this.time.until(this.starting());
  }

  async starting(): Promise<Running> {
    return (await this.standing()).leads;
  }

  async stand(): Promise<Standing> {
    return this.time.until(this.standing());
  }

  async standing(): Promise<Standing> {
    const { clock, timers } = this.time;
    const number = ++this.#starts;
    const table = this.leases.connect();
    const stream = this.journal.connect();
    const { from, reader } = await this.#begins(number, stream.reader);
    const replica = new Replica({ groupId, cleared: this.ledger.cleared(groupId), from });
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => {});
    const standby = standBy({ groupId, replica, reader, clock, timers, failed: failed.reject });
    const kill = () => {
      standby.end();
      table.cut();
      stream.cut();
    };
    const process = { number, table, stream, reader, replica, standby };
    const leads = Promise.race([this.#leads(process), failed.promise]);
    leads.catch(() => {});
    return { standby, replica, leads, failed: failed.promise, kill };
  }

  async #begins(number: number, reader: JournalReader) {
    // Another one each time: no result may depend on it.
    const hashSecret = number * 0x9e3779b1;
    const { bucket } = this;
    const cleared = this.ledger.cleared(groupId);
    if (!bucket) return { from: fromTheBeginning(groupId, hashSecret), reader };
    const toTip = this.journal.connectToTip();
    const unused = (why: string) => void this.unused.push(why);
    return begin({ groupId, hashSecret, bucket, cleared, reader, toTip, unused });
  }

  async #leads({ number, table, stream, reader, replica, standby }: Process): Promise<Running> {
    const { clock, timers } = this.time;
    const began = replica.watermark.frame;
    const doubts: Error[] = [];
    const doubted = (cause: Error) => void doubts.push(cause);
    const ports = { store: table.store, clock, timers };
    const wish = { groupId, owner: `process-${number}`, host: 'host', port: number };
    const won = await takeLease({ ...wish, durationMs: leaseMs }, ports, standby);
    const lease = keepLease(won, ports, { leaseMs, doubted });
    const published: Published[] = [];
    const faults: string[] = [];
    const taken: SnapshotFigures[] = [];
    const leader = await lead({
      ...{ groupId, lease, clock, timers, doubted, writer: stream.writer, reader },
      ...{ hashSecret: 0, replica: standby.end(), markets: this.markets },
      nonce: `0x${number.toString(16).padStart(32, '0')}`,
      snapshots: this.bucket && {
        store: createSnapshotStore(this.bucket),
        taken: (figures) => void taken.push(figures),
        failed: () => void faults.push('a snapshot failed'),
      },
      ledger: this.ledger.ports(),
      cleared: async () => this.ledger.cleared(groupId),
      publisher: {
        publish: (happenings) =>
          void published.push(...happenings.flatMap((each) => each.told(() => true))),
      },
      demandElsewhere: (account, asset) => this.demandElsewhere(account, asset),
      chainStaleMs: this.chainStaleMs,
      tallies: { frame: () => () => {}, putTook: () => {} },
      faulted: (what) => void faults.push(what),
    });
    return {
      ...{ leader, lease, published, doubts, faults, taken, began },
      kill: () => {
        leader.abandon();
        void lease.stop();
        table.cut();
        stream.cut();
      },
      loseTable: table.cut,
      loseStream: stream.cut,
    };
  }

  /** Sends commands and waits for their answers. */
  async send(
    to: Running,
    ...requests: (CommandRequest | OperatorRequest)[]
  ): Promise<CommandResult[]> {
    return this.time.until(this.ask(to, ...requests));
  }

  async ask(
    to: Running,
    ...requests: (CommandRequest | OperatorRequest)[]
  ): Promise<CommandResult[]> {
    const answered = askLeader(to.leader, requests);
    if (typeof answered === 'string') throw new Error(answered);
    return answered;
  }

  /** A limit order of this moment. */
  order(account: string, wanted: Omit<Wanted, 'nowMs'> = {}): PlaceRequest {
    return limitOrder(account, { ...wanted, nowMs: this.time.clock.nowMs() });
  }

  cancel(account: string, digest: string): Ask<'cancel'> {
    return { type: 'cancel', commandId: freshId(), account: address(account), digest };
  }

  cancelAll(account: string, only: Pick<Ask<'cancel_all'>, 'market' | 'side'> = {}) {
    const asked: Ask<'cancel_all'> = {
      ...{ type: 'cancel_all', commandId: freshId(), account: address(account) },
      ...only,
    };
    return asked;
  }

  cancelAllAfter(account: string, afterMs: number): Ask<'cancel_all_after'> {
    return { type: 'cancel_all_after', commandId: freshId(), account: address(account), afterMs };
  }

  /** To so many lots. */
  amend(account: string, digest: string, lots: number): Ask<'amend'> {
    const newAmount = atoms(lots, base.chainDecimals);
    return { type: 'amend', commandId: freshId(), account: address(account), digest, newAmount };
  }

  setState(state: MarketState): OperatorRequest {
    const ordered = { commandId: freshOperatorsId(), by: 'an operator', why: 'a test' };
    return { type: 'set_market_state', ...ordered, market: 'ETH-USDC', state };
  }
}

export { address };
