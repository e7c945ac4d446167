/**
 * Gets orders the credit that they lack (PROTOCOL 3): an order waits, its account's later orders behind it,
 * while a grant is fetched from the ledger or free credit is called back from other pair groups.
 */
import type { Clock } from '#cloud/clock.ts';
import type { LedgerStore, PendingGrant } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import type { Address } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import {
  ownReturnMs,
  pendingGrantMs,
  returningCreditMs,
  stickyGrantUnits,
  waitingOrders,
  waitingOrdersPerAccount,
} from './bounds.ts';
import type { CreditPolicies } from './credit-policies.ts';
import { asError, type Doubted } from './doubt.ts';
import type { Engine, LeadingEngine } from './engine/engine.ts';
import { Fifo } from './fifo.ts';
import type { TakenOrder } from './taken-command.ts';
import { pause, type Timers } from './timers.ts';

export type WaitingOrder = {
  account: Address;
  /** What it would lack if it entered now. */
  lack(): Lack;
  /** Cancelled meanwhile. */
  isRemoved(): boolean;
  /** Resolves when the engine has taken or refused it; false where it was to have its credit and lacks it again. */
  enter(isFunded: boolean): Promise<boolean>;
  refuse(code: Refusal): void;
};

export type CreditDeskOptions = {
  groupId: string;
  engine: Pick<LeadingEngine, 'creditOf' | 'lackOf'>;
  ledger: Pick<LedgerStore, 'grant' | 'balances'>;
  policies: CreditPolicies;
  clock: Clock;
  timers: Timers;
  doubted: Doubted;
  /** Resolves when the engine has the grant. */
  submitGrant: (grant: PendingGrant) => Promise<void>;
  /** Asks the other pair groups for what is free of an account; answers the units that are on their way to the ledger. */
  demandElsewhere: (account: Address, asset: string) => Promise<number>;
  /** The credit that this group returned lately and that may still be on its way. */
  returning: (account: Address, asset: string) => number;
  faulted: (error: Error) => void;
};

const firstRetryMs = 25;
const longestRetryMs = 400;

type Lack = { asset: string; units: number };

/** An order with the time at which its wait began. */
type Waiting = { order: WaitingOrder; sinceMs: number };
type Line = Fifo<Waiting>;

type Verdict = 'funded' | 'in_vain' | 'removed' | 'busy' | 'not_leader';

export class CreditDesk {
  #options: CreditDeskOptions;
  #lines = new Map<Address, Line>();
  #size = 0;
  #stopped = false;

  constructor(options: CreditDeskOptions) {
    this.#options = options;
  }

  isServing(account: Address): boolean {
    return this.#lines.has(account);
  }

  /** Whoever still waits is told at once to come again: the next leader asks for what was not granted, and takes what was. */
  stop(): void {
    this.#stopped = true;
    for (const line of this.#lines.values())
      for (const { order } of line) if (!order.isRemoved()) order.refuse('not_leader');
  }

  /** True where the desk keeps the order that came up as `first`: it lacks credit, or waits behind one that does. */
  takes(first: TakenOrder, waiting: (taken: TakenOrder) => WaitingOrder): boolean {
    // Every order asks, and few wait: an account's text is made of its bytes.
    const line = this.#lines.size > 0 ? this.#lines.get(first.account) : undefined;
    if (!line && this.#options.engine.lackOf(first).units === 0) return false;
    const order = waiting(first);
    if (this.#stopped) order.refuse('not_leader');
    else if (this.#size >= waitingOrders || (line?.size ?? 0) >= waitingOrdersPerAccount) {
      order.refuse('busy');
    } else this.#keep(order, line);
    return true;
  }

  #keep(order: WaitingOrder, line: Line | undefined): void {
    this.#size += 1;
    const waiting = { order, sinceMs: this.#options.clock.monotonicMs() };
    if (line) {
      line.push(waiting);
      return;
    }
    const fresh: Line = new Fifo();
    fresh.push(waiting);
    this.#lines.set(order.account, fresh);
    // A batch's orders come one after another in this turn: one grant shall serve them all.
    this.#options.timers.soon(() => {
      this.#serve(order.account, fresh).catch((error) => this.#options.doubted(asError(error)));
    });
  }

  async #serve(account: Address, line: Line): Promise<void> {
    for (let first = line.first; first; first = line.first) {
      await this.#serveOne(first, line);
      line.take();
      this.#size -= 1;
    }
    this.#lines.delete(account);
  }

  async #serveOne(waiting: Waiting, line: Line): Promise<void> {
    const { order } = waiting;
    for (;;) {
      const verdict = await this.#fund(waiting, line);
      // Its owner was answered when the cancel came.
      if (order.isRemoved() || verdict === 'removed') return;
      if (verdict === 'busy' || verdict === 'not_leader') {
        order.refuse(verdict);
        return;
      }
      if (await order.enter(verdict === 'funded')) return;
    }
  }

  /** Waits until the order has its credit, or until waiting longer would not help: the engine then refuses it. */
  async #fund({ order, sinceMs }: Waiting, line: Line): Promise<Verdict> {
    const { clock, timers } = this.#options;
    let lackingSinceMs: number | undefined;
    let hasDemanded = false;
    for (let tried = 0; ; tried += 1) {
      if (this.#stopped) return 'not_leader';
      if (order.isRemoved()) return 'removed';
      const lack = order.lack();
      if (lack.units === 0) return 'funded';
      const outcome = await this.#grantFor(order, lack, line);
      const nowMs = clock.monotonicMs();
      if (outcome === 'submitted') continue;
      if (outcome === 'lacking') {
        lackingSinceMs ??= nowMs;
        const lackedMs = nowMs - lackingSinceMs;
        if (lackedMs >= returningCreditMs) return 'in_vain';
        if (!hasDemanded && !this.#returnMayDo(order, lack, lackedMs)) {
          hasDemanded = true;
          if (!(await this.#isComing(order, lack))) return 'in_vain';
        }
      } else if (nowMs - sinceMs >= pendingGrantMs) return 'busy';
      await pause(timers, Math.min(firstRetryMs * 2 ** tried, longestRetryMs));
    }
  }

  /** What comes back from here is waited for first, where it is enough: other groups keep what their orders may need. */
  #returnMayDo({ account }: WaitingOrder, lack: Lack, lackedMs: number): boolean {
    if (lackedMs >= ownReturnMs) return false;
    return this.#options.returning(account, lack.asset) >= lack.units;
  }

  /** Whether credit is on its way to the ledger: from where it is called back, or from here. */
  async #isComing({ account }: WaitingOrder, { asset }: Lack): Promise<boolean> {
    const { demandElsewhere, returning } = this.#options;
    return (await demandElsewhere(account, asset)) > 0 || returning(account, asset) > 0;
  }

  /** 'submitted': the engine has new credit. 'pending': the grant before is not cleared, or the ledger failed. */
  async #grantFor(
    { account }: WaitingOrder,
    lack: Lack,
    line: Line,
  ): Promise<'submitted' | 'pending' | 'lacking'> {
    const { engine, ledger, groupId, clock, submitGrant, faulted } = this.#options;
    try {
      const most = await this.#most(account, lack, line);
      const { asset } = lack;
      const wish = { account, asset, groupId, least: units(lack.units), most: units(most) };
      const outcome = await ledger.grant({ ...wish, atMs: clock.nowMs() });
      if (outcome.status === 'balance_too_low') return 'lacking';
      // A grant whose answer was lost, or whose leader died, comes back as pending: it is ours to submit.
      if (outcome.status === 'pending' && isKnown(outcome.grant, engine)) return 'pending';
      await submitGrant(outcome.grant);
      // Refused where the engine has no room for so much: it stays pending and is submitted again.
      return isKnown(outcome.grant, engine) ? 'submitted' : 'pending';
    } catch (error) {
      faulted(asError(error));
      return 'pending';
    }
  }

  /** Exact: what all waiting orders lack. Sticky: a quarter of what is available, so that the next orders need not wait. */
  async #most(account: Address, lack: Lack, line: Line): Promise<bigint> {
    const { policies, ledger } = this.#options;
    const wanted = BigInt(this.#lackOfAll(account, lack, line));
    if ((await policies.of(account)) === 'exact') return wanted;
    const balances = await ledger.balances(account);
    const quarter = (balances.find(({ asset }) => asset === lack.asset)?.available ?? 0n) / 4n;
    // A grant must stay far from 2^53 units, whatever somebody deposits.
    const chunk = quarter < stickyGrantUnits ? quarter : stickyGrantUnits;
    return chunk > wanted ? chunk : wanted;
  }

  #lackOfAll(account: Address, lack: Lack, line: Line): number {
    const { engine } = this.#options;
    const freeUnits = freeOf(engine, account, lack.asset);
    let sum = 0;
    for (const { order } of line) {
      if (order.isRemoved()) continue;
      const { asset, units: lacking } = order.lack();
      if (asset !== lack.asset || lacking === 0) continue;
      // The first may use what is free; each later one needs its whole hold, which is what it lacks and what is free.
      const more = sum === 0 ? lacking : lacking + freeUnits;
      if (!Number.isSafeInteger(sum + more)) break;
      sum += more;
    }
    return Math.max(sum, lack.units);
  }
}

/** Whether the engine has applied a grant. */
export function isKnown(grant: PendingGrant, engine: Pick<Engine, 'creditOf'>): boolean {
  const line = engine.creditOf(grant.account).find(({ asset }) => asset === grant.asset);
  return (line?.grantNumber ?? 0) >= grant.grantNumber;
}

export const freeOf = (engine: Pick<Engine, 'creditOf'>, account: Address, asset: string): number =>
  engine.creditOf(account).find((line) => line.asset === asset)?.freeUnits ?? 0;
