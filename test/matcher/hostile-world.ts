/** A pair group whose matchers are paused, killed, replaced and badly connected, and everything they let out. */
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { LeaseStore } from '#cloud/lease-store.ts';
import type { AccountView, CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { asError, Doubt } from '../../containers/matcher/doubt.ts';
import { type Leader, lead } from '../../containers/matcher/leader.ts';
import { type HeldLease, keepLease, takeLease } from '../../containers/matcher/lease.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { base, plainMarket, quote } from '../engine/trading-floor.ts';
import { HostileLedger } from './hostile-ledger.ts';
import { HostileProcess, Unreachable } from './hostile-process.ts';
import { MemoryLeases } from './memory-leases.ts';
import { VirtualTime } from './virtual-time.ts';

export const leaseMs = 3_000;
export const { groupId } = plainMarket;
/** With a rebate, and with halts and auctions that begin and end by themselves. */
export const market = {
  ...{ ...plainMarket, makerFeeBps: -20, takerFeeBps: 50 },
  ...{ haltBps: 300, haltWindowMs: 5_000, haltMs: 1_500, auctionMs: 1_500, auctionBandBps: 1_000 },
};

/** What left a matcher, and how many records the journal had by then. */
export type Left =
  | {
      type: 'answer';
      request: CommandRequest | OperatorRequest;
      result: CommandResult;
      records: number;
    }
  | { type: 'account'; view: AccountView; records: number }
  | { type: 'trade'; tradeId: string; records: number };

export type Matcher = { process: HostileProcess; lease?: HeldLease; leader?: Leader };

export class HostileWorld {
  readonly time = new VirtualTime();
  readonly records: JournalRecord[] = [];
  readonly ledger = new HostileLedger();
  readonly left: Left[] = [];
  /** What no surroundings excuse. */
  readonly bugs: string[] = [];
  matchers: Matcher[] = [];
  faultsPerHundred = 0;
  #leases = new MemoryLeases();
  #random: (below: number) => number;
  #starts = 0;

  constructor(random: (below: number) => number) {
    this.#random = random;
  }

  /** A new process, whose wall clock may differ; it leads once it can. */
  start(): Matcher {
    const skewMs = [2_000, -2_000, -20_000][this.#random(12)] ?? 0;
    const process = new HostileProcess(this.time, this.#random, skewMs);
    process.faultsPerHundred = this.faultsPerHundred;
    const matcher: Matcher = { process };
    this.matchers.push(matcher);
    this.#run(matcher).catch((error) => this.#doubted(matcher, asError(error)));
    return matcher;
  }

  setFaults(perHundred: number): void {
    this.faultsPerHundred = perHundred;
    for (const { process } of this.matchers) process.faultsPerHundred = perHundred;
  }

  /** Sends a command; whatever is answered is in `left`. */
  send({ process, leader, lease }: Matcher, request: CommandRequest | OperatorRequest): void {
    process.whenRunning(() => {
      const answered = leader?.execute([request]);
      if (!answered || typeof answered === 'string') return;
      void answered.then(([result]) => {
        if (!result || process.state === 'dead') return;
        if (!lease?.isSurelyHeld()) this.bugs.push('W4: an answer left in doubt');
        this.left.push({ type: 'answer', request, result, records: this.records.length });
      });
    });
  }

  ask({ process, leader }: Matcher, account: string): void {
    process.whenRunning(() => {
      void leader?.account(account).then((view) => {
        if (process.state !== 'dead')
          this.left.push({ type: 'account', view, records: this.records.length });
      });
    });
  }

  /** Hands over as a deployment does. */
  async handOver(matcher: Matcher): Promise<void> {
    await matcher.leader?.drain();
    await matcher.lease?.release().catch(() => {});
    matcher.process.kill();
  }

  async #run(matcher: Matcher): Promise<void> {
    const { process } = matcher;
    const { clock, timers } = process;
    const number = ++this.#starts;
    const doubted = (cause: Error) => this.#doubted(matcher, cause);
    const ports = { store: this.#leaseStore(process), clock, timers };
    const wish = { groupId, owner: `process-${number}`, host: 'host', port: number };
    const taken = await takeLease({ ...wish, durationMs: leaseMs }, ports);
    const lease = keepLease(taken, ports, { leaseMs, doubted });
    matcher.lease = lease;
    const ledger = this.ledger.ports();
    const leader = await lead({
      ...{ groupId, lease, clock, timers, doubted },
      nonce: `0x${number.toString(16).padStart(32, '0')}`,
      hashSecret: number * 0x9e3779b1,
      markets: [{ market, base, quote }],
      writer: { put: (data) => process.call(() => this.#append(data)) },
      reader: { follow: (after) => this.#follow(process, after) },
      ledger: {
        ...ledger,
        grant: (request) => process.call(() => ledger.grant(request)),
        pendingGrants: (group) => process.call(() => ledger.pendingGrants(group)),
      },
      cleared: () => process.call(async () => this.ledger.watermark),
      publisher: {
        publish: (messages) => {
          for (const { message } of messages)
            if (message.type === 'trade')
              this.left.push({
                ...{ type: 'trade', tradeId: message.tradeId, records: this.records.length },
              });
        },
      },
      demandElsewhere: async () => 0,
      tallies: { frame: () => {}, putTook: () => {} },
      faulted: () => {},
    });
    matcher.leader = leader;
  }

  /** The process ends. Only what its surroundings did to it is a reason for that. */
  #doubted({ process }: Matcher, cause: Error): void {
    const isExcused = cause instanceof Doubt || cause instanceof Unreachable;
    if (process.state !== 'dead' && !isExcused) this.bugs.push(`${cause.stack}`);
    process.kill();
  }

  #leaseStore(process: HostileProcess): LeaseStore {
    const { store } = this.#leases.connect();
    return {
      read: (group) => process.call(() => store.read(group)),
      take: (seen, wish) => process.call(() => store.take(seen, wish)),
      renew: (lease) => process.call(() => store.renew(lease)),
      release: (lease) => process.call(() => store.release(lease)),
    };
  }

  async #append(data: Uint8Array): Promise<string> {
    const shardSequence = `4${String(this.records.length + 1).padStart(55, '0')}`;
    this.records.push({ data, shardSequence });
    return shardSequence;
  }

  async *#follow(process: HostileProcess, after: string): AsyncGenerator<JournalRecord[]> {
    let read = after;
    for (;;) {
      const batch = this.records.filter(({ shardSequence }) => shardSequence > read).slice(0, 20);
      read = batch.at(-1)?.shardSequence ?? read;
      await pause(process.timers, batch.length > 0 ? 1 : 200);
      if (batch.length > 0) yield batch;
    }
  }
}
