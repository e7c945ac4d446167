/** A matcher's process in a simulation: it waits for the lease, leads, and everything that leaves it is written down. */
import { createClearingStore } from '#cloud/clearing-store.ts';
import { createLeaseStore } from '#cloud/lease-store.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { leaseKeys } from '#wire/table-keys.ts';
import { begin } from '../../containers/matcher/beginning.ts';
import { lastSnapshotMs } from '../../containers/matcher/bounds.ts';
import { asError, Doubt } from '../../containers/matcher/doubt.ts';
import { type Leader, lead } from '../../containers/matcher/leader.ts';
import { type HeldLease, keepLease, takeLease } from '../../containers/matcher/lease.ts';
import { Replica } from '../../containers/matcher/replica.ts';
import { type Standby, standBy } from '../../containers/matcher/standby.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { askLeader } from '../matcher/ask-leader.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import {
  type AnyRequest,
  groupId,
  leaseMs,
  listed,
  type SimulatedWorld,
  tables,
} from './simulated-world.ts';

/** Most that begin beside a leader still stand by then. */
const astrayMs = 1_500;

export class MatcherRun {
  readonly process: SimulatedProcess;
  leader: Leader | undefined;
  #lease: HeldLease | undefined;
  #standby: Standby | undefined;
  #world: SimulatedWorld;
  #number: number;

  constructor(world: SimulatedWorld, number: number) {
    this.#world = world;
    this.#number = number;
    const { random } = world;
    // One in four has a wall clock that is off; monotonic clocks run up to two per cent apart.
    const skewMs = [2_000, -2_000, -20_000][random(12)] ?? 0;
    const rate = [1, 1, 1.01, 0.99][random(4)] ?? 1;
    this.process = world.process(`matcher-${number}`, { skewMs, rate });
    this.#run().catch((error) => this.#doubted(asError(error)));
  }

  /** Sends commands in; resolves with what left the process, never where nothing does. */
  execute(request: AnyRequest): Promise<CommandResult | undefined> {
    const { process } = this;
    return new Promise((resolve) => {
      process.whenRunning(() => {
        const answered = this.leader && askLeader(this.leader, [request]);
        if (!answered || typeof answered === 'string') return resolve(undefined);
        void answered.then(([result]) => {
          if (!result || process.state === 'dead') return;
          this.#checkLease();
          const told = this.#tampered(result);
          this.#world.leaves({ ...this.#origin(), type: 'answer', request, result: told });
          resolve(told);
        });
      });
    });
  }

  ask(account: string): void {
    this.process.whenRunning(() => {
      void this.leader?.account(account).then((view) => {
        if (this.process.state === 'dead') return;
        this.#checkLease();
        this.#world.leaves({ ...this.#origin(), type: 'account', view });
      });
    });
  }

  /** Tells its state, as leader or as standby. */
  tellState(): void {
    this.process.whenRunning(() => {
      const standby = this.#standby;
      if (standby) {
        const { sequence, stateHash } = standby.view();
        this.#world.leaves({ ...this.#origin(), epoch: 0, type: 'state', sequence, stateHash });
        return;
      }
      void this.leader?.health().then(({ sequence, stateHash }) => {
        if (this.process.state === 'dead') return;
        this.#checkLease();
        this.#world.leaves({ ...this.#origin(), type: 'state', sequence, stateHash });
      });
    });
  }

  demand(account: string, asset: string): void {
    this.process.whenRunning(() => void this.leader?.demand(account, asset));
  }

  /** Hands over as a deployment does. */
  async handOver(): Promise<void> {
    this.#world.note(`${this.process.name} hands over`);
    this.#standby?.end();
    await this.leader?.drain();
    await this.#lease?.release().catch(() => {});
    await Promise.race([this.leader?.lastSnapshot(), pause(this.process.timers, lastSnapshotMs)]);
    this.process.kill();
  }

  async #run(): Promise<void> {
    const { process } = this;
    const { clock, timers } = process;
    const world = this.#world;
    const doubted = (cause: Error) => this.#doubted(cause);
    const hashSecret = this.#number * 0x9e3779b1;
    const bucket = world.bucket.reachedBy(process);
    const ledger = { client: world.client(process), table: tables.ledger };
    const cleared = async () => (await createClearingStore(ledger).position(groupId)).watermark;
    const clearedNow = await cleared();
    const { from, reader } = await begin({
      ...{ groupId, hashSecret, bucket, cleared: clearedNow },
      reader: world.stream.reader(process),
      toTip: world.stream.readerToTip(process),
      unused: (why) => world.note(`${process.name} passes over: ${why}`),
    });
    const replica = new Replica({ groupId, cleared: clearedNow, from });
    world.note(`${process.name} begins at frame ${from.watermark.frame}`);
    this.#standby = standBy({ groupId, replica, reader, clock, timers, failed: doubted });
    if (world.planted === 'standby-astray') timers.after(astrayMs, () => this.#goAstray(replica));
    const held = await this.#wonLease(this.#standby.ready);
    const lease =
      world.planted === 'lease-unchecked' ? { ...held, isSurelyHeld: () => true } : held;
    this.#lease = held;
    this.leader = await lead({
      ...{ groupId, lease, clock, timers, doubted, hashSecret, cleared, reader },
      replica: this.#replicaOf(this.#standby),
      nonce: `0x${this.#number.toString(16).padStart(32, '0')}`,
      markets: [listed],
      writer: world.stream.writer(process),
      ledger: createLedgerStore(ledger),
      snapshots: {
        store: createSnapshotStore(bucket),
        taken: ({ frame }) => world.note(`${process.name} took a snapshot of frame ${frame}`),
        failed: () => {},
      },
      publisher: {
        publish: (happenings) => {
          for (const { message } of happenings.flatMap((each) => each.told(() => true))) {
            if (message.type === 'trade')
              world.leaves({ ...this.#origin(), type: 'trade', tradeId: message.tradeId });
          }
        },
      },
      demandElsewhere: async () => 0,
      tallies: { frame: () => () => {}, putTook: () => {} },
      faulted: () => {},
    });
    world.note(`${process.name} leads epoch ${held.epoch}`);
  }

  /** Planted: as long as it stands by, its engine is to be where the journal is. */
  #goAstray({ engine }: Replica): void {
    if (!this.#standby || engine.isUnfinished) return;
    engine.apply({ type: 'tick', commandId: 'astray', nowMs: engine.nowMs }, () => {});
  }

  /** From now on its engine is ahead of what is durable: it speaks as a leader, or not at all (W5). */
  #replicaOf(standby: Standby): Replica {
    this.#standby = undefined;
    return standby.end();
  }

  async #wonLease(ready: Promise<void>): Promise<HeldLease> {
    const { process } = this;
    const { clock, timers } = process;
    const client = this.#world.client(process, this.#world.leaseTable);
    const store = createLeaseStore({ client, table: tables.lease });
    const wish = { groupId, owner: process.name, host: 'host', port: this.#number };
    const ports = { store, clock, timers };
    const taken = await takeLease({ ...wish, durationMs: leaseMs }, ports, { ready });
    this.#world.note(`${process.name} takes epoch ${taken.lease.epoch}`);
    return keepLease(taken, ports, { leaseMs, doubted: (cause) => this.#doubted(cause) });
  }

  #origin() {
    const { process } = this;
    const records = this.#world.stream.records.length;
    return { process: process.name, epoch: this.#lease?.epoch ?? 0, records };
  }

  /** W4: nobody else can lead at the moment when something leaves. */
  #checkLease(): void {
    const row = this.#world.leaseTable.item(tables.lease, leaseKeys.lease(groupId));
    const isOurs = row?.['owner'] === this.process.name && row['released'] === false;
    if (!isOurs)
      this.#world.bug(`W4: an answer left ${this.process.name} when it held the lease no more`);
  }

  #tampered(result: CommandResult): CommandResult {
    const { planted } = this.#world;
    if (result.status !== 'accepted') return result;
    if (planted === 'tells-otherwise') return { ...result, sequence: result.sequence + 1 };
    if (planted === 'forgets-fills') return { ...result, fills: result.fills.slice(1) };
    return result;
  }

  /** The process ends. Only what its surroundings did to it is a reason for that. */
  #doubted(cause: Error): void {
    if (this.process.state === 'dead') return;
    this.#world.note(`${this.process.name} doubts: ${cause.message}`);
    if (!isExcused(cause)) this.#world.bug(`${this.process.name}: ${cause.stack}`);
    this.process.kill();
  }
}

const excuses = [
  'Unreachable',
  'ProvisionedThroughputExceededException',
  'TransactionCanceledException',
  'SlowDown',
];

/** A journal that nobody can read further is none. */
export function isExcused(cause: Error): boolean {
  if (cause instanceof Doubt)
    return !/cannot be read further|no longer begins|set back|ended before/.test(cause.message);
  return excuses.includes(cause.name);
}
