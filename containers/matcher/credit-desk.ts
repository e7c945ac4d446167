/**
 * Gets orders the credit that they lack (PROTOCOL 3): an order waits, its account's later orders behind it,
 * while a grant is fetched from the ledger or free credit is called back from other pair groups.
 */
import type { Clock } from '#cloud/clock.ts';
import type { LedgerStore, PendingGrant } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import type { PlaceOrder } from '#domain/command.ts';
import type { Address } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import {
  pendingGrantMs,
  returningCreditMs,
  waitingOrders,
  waitingOrdersPerAccount,
} from './bounds.ts';
import { Fifo } from './command-queue.ts';
import type { CreditPolicies } from './credit-policies.ts';
import type { Doubted } from './doubt.ts';
import { asError } from './doubt.ts';
import type { Engine } from './engine/engine.ts';
import { pause, type Timers } from './timers.ts';

export type WaitingOrder = {
  account: Address;
  /** The order as it would enter now. */
  command(): PlaceOrder;
  /** Cancelled meanwhile. */
  isRemoved(): boolean;
  /** Resolves when the engine has taken or refused it. */
  enter(): Promise<void>;
  refuse(code: Refusal): void;
};

export type CreditDeskOptions = {
  groupId: string;
  engine: Engine;
  ledger: Pick<LedgerStore, 'grant' | 'balances'>;
  policies: CreditPolicies;
  clock: Clock;
  timers: Timers;
  doubted: Doubted;
  /** Resolves when the engine has the grant. */
  submitGrant: (grant: PendingGrant) => Promise<void>;
  /** Asks the other pair groups for what is free of an account; answers the units that are on their way to the ledger. */
  demandElsewhere: (account: Address, asset: string) => Promise<number>;
  /** Whether credit that this group returned lately may still be on its way. */
  isReturning: (account: Address, asset: string) => boolean;
  faulted: (error: Error) => void;
};

export type CreditDesk = {
  /** True where the desk keeps the order: it lacks credit, or waits behind one that does. */
  takes(order: WaitingOrder): boolean;
  isServing(account: Address): boolean;
  /** Whoever still waits is told to come again. */
  stop(): void;
};

const firstRetryMs = 25;
const longestRetryMs = 400;

type Line = Fifo<WaitingOrder>;

export function createCreditDesk(options: CreditDeskOptions): CreditDesk {
  const { engine } = options;
  const lines = new Map<Address, Line>();
  let size = 0;
  let stopped = false;

  const serve = async (account: Address, line: Line) => {
    for (let order = line.first; order; order = line.first) {
      const verdict = order.isRemoved() ? 'removed' : await fund(order, line);
      if (verdict === 'removed' || order.isRemoved()) continueWith(line);
      else if (verdict === 'enters') {
        await order.enter();
        continueWith(line);
      } else {
        order.refuse(verdict);
        continueWith(line);
      }
    }
    lines.delete(account);
  };

  const continueWith = (line: Line) => {
    line.take();
    size -= 1;
  };

  /** Waits until the order has its credit, or until waiting longer would not help: the engine then refuses it. */
  const fund = async (
    order: WaitingOrder,
    line: Line,
  ): Promise<'enters' | 'removed' | 'busy' | 'not_leader'> => {
    const sinceMs = options.clock.monotonicMs();
    let lackingSinceMs: number | undefined;
    for (let tried = 0; ; tried += 1) {
      if (stopped) return 'not_leader';
      if (order.isRemoved()) return 'removed';
      const lack = engine.shortfall(order.command());
      if (lack.units === 0) return 'enters';
      const outcome = await grantFor(order, lack, line);
      const nowMs = options.clock.monotonicMs();
      if (outcome === 'submitted') {
        tried = 0;
        continue;
      }
      if (outcome === 'lacking') {
        if (lackingSinceMs === undefined) {
          lackingSinceMs = nowMs;
          const coming = await options.demandElsewhere(order.account, lack.asset);
          if (coming === 0 && !options.isReturning(order.account, lack.asset)) return 'enters';
        } else if (nowMs - lackingSinceMs >= returningCreditMs) return 'enters';
      } else if (nowMs - sinceMs >= pendingGrantMs) return 'busy';
      await pause(options.timers, Math.min(firstRetryMs * 2 ** tried, longestRetryMs));
    }
  };

  /** 'submitted': the engine has new credit. 'pending': the grant before is not cleared, or the ledger failed. */
  const grantFor = async (
    order: WaitingOrder,
    lack: { asset: string; units: number },
    line: Line,
  ): Promise<'submitted' | 'pending' | 'lacking'> => {
    const { account } = order;
    try {
      const most = await mostFor(account, lack, line);
      const outcome = await options.ledger.grant({
        account,
        asset: lack.asset,
        groupId: options.groupId,
        least: units(lack.units),
        most: units(most),
        atMs: options.clock.nowMs(),
      });
      if (outcome.status === 'balance_too_low') return 'lacking';
      // A grant whose answer was lost, or whose leader died, comes back as pending: it is ours to submit.
      if (outcome.status === 'pending' && isKnown(outcome.grant, engine)) return 'pending';
      await options.submitGrant(outcome.grant);
      return 'submitted';
    } catch (error) {
      options.faulted(asError(error));
      return 'pending';
    }
  };

  /** Exact: what all waiting orders lack. Sticky: a quarter of what is available, so that the next orders need not wait. */
  const mostFor = async (
    account: Address,
    lack: { asset: string; units: number },
    line: Line,
  ): Promise<bigint> => {
    const wanted = BigInt(lackOfAll(account, lack, line));
    if ((await options.policies.of(account)) === 'exact') return wanted;
    const balances = await options.ledger.balances(account);
    const quarter = (balances.find(({ asset }) => asset === lack.asset)?.available ?? 0n) / 4n;
    return quarter > wanted ? quarter : wanted;
  };

  const lackOfAll = (account: Address, lack: { asset: string; units: number }, line: Line) => {
    const freeUnits = freeOf(engine, account, lack.asset);
    let sum = 0;
    for (const order of line) {
      if (order.isRemoved()) continue;
      const { asset, units: lacking } = engine.shortfall(order.command());
      if (asset !== lack.asset || lacking === 0) continue;
      // The first may use what is free; each later one needs its whole hold, which is what it lacks and what is free.
      const more = sum === 0 ? lacking : lacking + freeUnits;
      if (!Number.isSafeInteger(sum + more)) break;
      sum += more;
    }
    return Math.max(sum, lack.units);
  };

  return {
    takes(order) {
      const line = lines.get(order.account);
      if (!line && engine.shortfall(order.command()).units === 0) return false;
      if (stopped || size >= waitingOrders || (line?.size ?? 0) >= waitingOrdersPerAccount) {
        order.refuse(stopped ? 'not_leader' : 'busy');
        return true;
      }
      size += 1;
      if (line) line.push(order);
      else {
        const fresh: Line = new Fifo();
        fresh.push(order);
        lines.set(order.account, fresh);
        serve(order.account, fresh).catch((error) => options.doubted(asError(error)));
      }
      return true;
    },
    isServing: (account) => lines.has(account),
    stop() {
      stopped = true;
    },
  };
}

/** Whether the engine has applied a grant. */
export function isKnown(grant: PendingGrant, engine: Engine): boolean {
  const line = engine.creditOf(grant.account).find(({ asset }) => asset === grant.asset);
  return (line?.grantNumber ?? 0) >= grant.grantNumber;
}

export const freeOf = (engine: Engine, account: Address, asset: string): number =>
  engine.creditOf(account).find((line) => line.asset === asset)?.freeUnits ?? 0;
