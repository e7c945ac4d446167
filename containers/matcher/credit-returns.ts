/** Gives free credit back to the ledger: of accounts without live orders after a while, and of any account on demand. */
import type { Clock } from '#cloud/clock.ts';
import type { ReturnCredit } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Address } from '#domain/order.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import { exactReturnMs, returningCreditMs, stickyReturnMs } from './bounds.ts';
import { freeOf } from './credit-desk.ts';
import type { CreditPolicies } from './credit-policies.ts';
import { asError } from './doubt.ts';
import type { Engine } from './engine/engine.ts';
import { createIdleWatch } from './idle-watch.ts';
import type { ReturnedRecord } from './late-memory.ts';
import type { Sequencer } from './sequencer.ts';
import type { Timers } from './timers.ts';

export type CreditReturnsOptions = {
  engine: Engine;
  policies: CreditPolicies;
  clock: Clock;
  timers: Timers;
  /** A fresh id of a command of our own. */
  newCommandId: () => string;
  submit: Sequencer['submit'];
  /** Resolves when what was applied so far is durable. */
  durable: () => Promise<void>;
  /** Orders of the account wait for credit: theirs is not given away. */
  isWaiting: (account: Address) => boolean;
  faulted: (error: Error) => void;
};

export type CreditReturns = {
  /** Told of every command: an account whose order ended or whose credit grew is looked at later. */
  applied(events: readonly EngineEvent[]): void;
  /** The same of an order: one that is refused may have been what the credit was for. */
  noted(placement: { readonly account: Address }, event: RawEvent): void;
  /** Looks later at everybody who has free credit: after a recovery nobody knows since when. */
  watchAll(): void;
  /** Told of the last leader's returns, oldest first: what they gave back may still be on its way. */
  replayed(returned: Pick<ReturnedRecord, 'event' | 'atMs'>): void;
  /** Gives back what is free now; answers the units on their way to the ledger, lately returned ones too, once that is durable. */
  demand(account: Address, asset: string): Promise<number>;
  /** What was given back lately and may not be in the ledger yet. */
  returning(account: Address, asset: string): number;
  stop(): void;
};

export function createCreditReturns(options: CreditReturnsOptions): CreditReturns {
  const { engine, clock, timers } = options;
  const onTheWay = creditOnTheWay(clock);

  const giveBack = async (account: Address, asset: string): Promise<void> => {
    const events = await options.submit((nowMs): ReturnCredit | undefined => {
      const units = options.isWaiting(account) ? 0 : freeOf(engine, account, asset);
      if (units === 0) return undefined;
      return { type: 'return', commandId: options.newCommandId(), nowMs, account, asset, units };
    });
    for (const event of events) onTheWay.note(event, clock.monotonicMs());
  };

  const look = async (account: Address, waited: 'exact' | 'sticky') => {
    if (engine.ordersOf(account).length > 0) return;
    if (options.isWaiting(account)) {
      // Its orders may all be told to come again, and then nothing else would remind us.
      exact.watch(account);
      return;
    }
    const free = engine.creditOf(account).filter(({ freeUnits }) => freeUnits > 0);
    if (free.length === 0) return;
    if (waited === 'exact' && (await options.policies.of(account)) === 'sticky') {
      sticky.watch(account);
      return;
    }
    await Promise.all(free.map(({ asset }) => giveBack(account, asset)));
  };

  const lookOrRetry = (account: Address, waited: 'exact' | 'sticky') => {
    look(account, waited).catch((error) => {
      options.faulted(asError(error));
      (waited === 'exact' ? exact : sticky).watch(account);
    });
  };

  const exact = createIdleWatch(exactReturnMs, { clock, timers }, (account) =>
    lookOrRetry(account, 'exact'),
  );
  const sticky = createIdleWatch(stickyReturnMs - exactReturnMs, { clock, timers }, (account) =>
    lookOrRetry(account, 'sticky'),
  );
  const watch = (account: Address) => {
    sticky.forget(account);
    exact.watch(account);
  };

  return {
    applied(events) {
      for (const event of events) {
        if (event.type === 'order_done' || event.type === 'credit_granted') watch(event.account);
      }
    },
    noted(placement, event) {
      if (event.type === 'raw_done') watch(event.account);
      else if (event.type === 'raw_refused') watch(placement.account);
    },
    replayed({ event, atMs }) {
      const agoMs = Math.max(0, clock.nowMs() - atMs);
      if (agoMs < returningCreditMs) onTheWay.note(event, clock.monotonicMs() - agoMs);
    },
    watchAll() {
      for (const { account, freeUnits } of engine.credits()) if (freeUnits > 0) watch(account);
    },
    async demand(account, asset) {
      await giveBack(account, asset);
      const units = onTheWay.units(account, asset);
      await options.durable();
      return units;
    },
    returning: (account, asset) => onTheWay.units(account, asset),
    stop() {
      exact.stop();
      sticky.stop();
    },
  };
}

/** What was returned in the last seconds, by account and asset: settlement may not have told the ledger yet. */
function creditOnTheWay(clock: Pick<Clock, 'monotonicMs'>) {
  /** The newest last. */
  const returned = new Map<string, { atMs: number; units: number }>();
  const units = (account: Address, asset: string): number => {
    const known = returned.get(`${account} ${asset}`);
    return known && clock.monotonicMs() - known.atMs < returningCreditMs ? known.units : 0;
  };
  return {
    units,
    note(event: EngineEvent, atMs: number): void {
      if (event.type !== 'credit_returned') return;
      const name = `${event.account} ${event.asset}`;
      const sum = event.units + units(event.account, event.asset);
      returned.delete(name);
      returned.set(name, { atMs, units: sum });
      for (const [each, { atMs: eachMs }] of returned) {
        if (eachMs > clock.monotonicMs() - returningCreditMs) break;
        returned.delete(each);
      }
    },
  };
}
