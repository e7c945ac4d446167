/** A matcher that leads: recovery, then the loop from commands to durable answers, until it is told to stop or doubts. */
import { id } from 'ethers';
import type { Clock } from '#cloud/clock.ts';
import type { FeedPublisher } from '#cloud/feed-publisher.ts';
import type { JournalReader } from '#cloud/journal-reader.ts';
import type { JournalWriter } from '#cloud/journal-writer.ts';
import type { LedgerStore, PendingGrant } from '#cloud/ledger-store.ts';
import type { SnapshotWriter } from '#cloud/snapshot-store.ts';
import type { GrantCredit, ListMarket } from '#domain/command.ts';
import type { Address } from '#domain/order.ts';
import type { RawOrder } from '#domain/raw-order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { ChainHead, CommandResult } from '#wire/matcher-api.ts';
import type { OrderAnswers } from '#wire/order-answers.ts';
import { sweepMs } from './bounds.ts';
import { createChainWatch } from './chain-watch.ts';
import { CreditDesk, isKnown } from './credit-desk.ts';
import { createCreditPolicies } from './credit-policies.ts';
import { createCreditReturns } from './credit-returns.ts';
import { asError, type Doubted } from './doubt.ts';
import { createDueBell } from './due-bell.ts';
import type { Engine } from './engine/engine.ts';
import { currentRulesVersion } from './engine/matching-engine.ts';
import { Journal } from './journal.ts';
import type { HeldLease } from './lease.ts';
import { createOutlet } from './outlet.ts';
import { createQueries, type Queries } from './queries.ts';
import { type Recovered, recover } from './recovery.ts';
import type { Cleared, Replica } from './replica.ts';
import { Sequencer } from './sequencer.ts';
import type { Request } from './sequencer-options.ts';
import { createSnapshotTaker, type SnapshotFigures } from './snapshot-taker.ts';
import { createStateChecks } from './state-checks.ts';
import type { Tallies } from './tallies.ts';
import type { Timers } from './timers.ts';
import { createTombstones, type Tombstones } from './tombstones.ts';

export type LeaderOptions = {
  groupId: string;
  nonce: string;
  hashSecret: number;
  /** The catalog's markets of this group: listed where the engine does not know them; whatever it knows, operators change. */
  markets: readonly ListedMarket[];
  lease: HeldLease;
  /** A standby's, warm; without one the journal is replayed from its beginning. */
  replica?: Replica | undefined;
  writer: JournalWriter;
  reader: JournalReader;
  /** Where snapshots go; without it none is taken. */
  snapshots?:
    | { store: SnapshotWriter; taken: (figures: SnapshotFigures) => void; failed: () => void }
    | undefined;
  ledger: Pick<LedgerStore, 'grant' | 'pendingGrants' | 'balances' | 'accountSettings'>;
  /** How far settlement has taken this group's journal. */
  cleared: () => Promise<Cleared>;
  publisher: Pick<FeedPublisher, 'publish'>;
  demandElsewhere: (account: Address, asset: string) => Promise<number>;
  /** How old the newest head of the chain may be, while markets are open; without it nobody looks. */
  chainStaleMs?: number | undefined;
  clock: Clock;
  timers: Timers;
  tallies: Pick<Tallies, 'frame' | 'putTook'>;
  doubted: Doubted;
  /** The world failed in a way that is tried again. */
  faulted: (what: string, error?: Error) => void;
};

export type Leader = Queries & {
  readonly epoch: number;
  readonly engine: Pick<Engine, 'stateHash' | 'eventHash' | 'sequence' | 'credits' | 'validate'>;
  /**
   * Takes all commands of a request; resolves once all are durable with what `make` made of their results. `not_leader` once it stops,
   * `busy` where there is no room for all of them.
   */
  execute<T>(
    requests: readonly Request[],
    make: (results: CommandResult[]) => T,
  ): Promise<T> | 'busy' | 'not_leader';
  /** The same of new orders; what is taken is answered once all of it is durable. */
  place(
    orders: readonly RawOrder[],
    answered: (answers: OrderAnswers) => void,
  ): 'taken' | 'busy' | 'not_leader';
  demand(account: Address, asset: string): Promise<number>;
  /** How far the chain was looked through for what users took back. */
  chainHead(head: ChainHead): void;
  /** Takes nothing new and resolves when all that was taken is durable and answered. */
  drain(): Promise<void>;
  /** Resolves when the snapshot of the end is written, which drain only begins; the next one may lead meanwhile. */
  lastSnapshot(): Promise<void>;
  /** Answers nothing any more. */
  abandon(): void;
};

export async function lead(options: LeaderOptions): Promise<Leader> {
  const recovered = await recover(options);
  const tombstones = createTombstones();
  for (const { digest, account, atMs } of recovered.late.buried())
    tombstones.bury(digest, account, atMs);
  const parts = assemble(options, recovered, tombstones);
  for (const returned of recovered.late.returned()) parts.returns.replayed(returned);
  const { engine } = recovered;
  const { journal, sequencer, returns, queries, desk, bell, checks, snapshots, watch } = parts;
  // W2: the first frame at once, even if empty, so that readers see the new epoch lead.
  journal.flush('empty');
  await sequencer.catchUp();
  for (const listed of options.markets) await listMarket(listed, parts, options);
  await submitPendingGrants(parts, options);
  await new Promise<void>((resolve) => journal.whenDurable(resolve));
  returns.watchAll();
  bell.set();

  let draining = false;
  const stopSweep = repeat(options.timers, sweepMs, () => submitPendingGrants(parts, options));
  const stopTimers = () => {
    draining = true;
    stopSweep();
    returns.stop();
    bell.stop();
    desk.stop();
    checks.stop();
    watch.stop();
  };
  return {
    ...queries,
    epoch: options.lease.epoch,
    engine,
    execute: (requests, make) => (draining ? 'not_leader' : sequencer.execute(requests, make)),
    place: (orders, answered) => (draining ? 'not_leader' : sequencer.place(orders, answered)),
    demand: (account, asset) => returns.demand(account, asset),
    chainHead: (head) => watch.tell(head),
    async drain() {
      stopTimers();
      await sequencer.idle();
      await journal.drained();
      journal.stop();
      parts.outlet.stop();
      snapshots?.finish();
    },
    lastSnapshot: async () => snapshots?.written(),
    abandon() {
      stopTimers();
      snapshots?.stop();
      journal.stop();
    },
  };
}

type Parts = ReturnType<typeof assemble>;

function assemble(
  options: LeaderOptions,
  { engine, watermark, after, late }: Recovered,
  tombstones: Tombstones,
) {
  const { groupId, clock, timers, lease, tallies } = options;
  const faulted = (error: Error) => options.faulted('it is tried again', error);
  const doubted: Doubted = (cause) => {
    journal.stop();
    options.doubted(cause);
  };
  let ownCommands = 0;
  const newCommandId = (kind: string) => `${kind}:${lease.epoch}:${++ownCommands}`;
  // Cancels are named by 32 bytes, as users' are.
  const newCancelId = () => id(newCommandId('cancel'));
  const checks = createStateChecks({ engine, clock, timers });
  const outlet = createOutlet({ groupId, engine, timers, publisher: options.publisher });
  const journal = new Journal({
    ...{ groupId, after, clock, timers, lease, doubted },
    ...{ rulesVersion: currentRulesVersion, hashSecret: options.hashSecret },
    from: watermark,
    writer: options.writer,
    closing: (frame) => {
      const tell = outlet.capture(frame);
      const count = tallies.frame(frame);
      const write = snapshots?.closing(frame);
      return (shardSequence) => {
        count();
        tell();
        write?.(shardSequence);
      };
    },
    eventHash: () => engine.eventHash(),
    stateCheck: checks.closing,
    room: () => sequencer.pump(),
    putTook: (ms) => tallies.putTook(ms),
  });
  const snapshots =
    options.snapshots &&
    createSnapshotTaker({
      ...{ groupId, engine, clock, timers, faulted: options.faulted, ...options.snapshots },
      ...{ nonce: options.nonce, late },
      closeFrame: () => journal.flush('empty'),
    });
  const policies = createCreditPolicies(options.ledger, clock);
  const sequencer = new Sequencer({
    ...{ engine, journal, tombstones, clock, timers, doubted, newCommandId, newCancelId },
    hashSecret: options.hashSecret,
    deskTakes: (first, order) => desk.takes(first, order),
    applied: (command, events) => {
      returns.applied(events);
      watch.applied(command, events);
    },
    noted: (placement, event) => returns.noted(placement, event),
    settled: () => bell.set(),
  });
  const returns = createCreditReturns({
    ...{ engine, policies, clock, timers, faulted },
    newCommandId: () => newCommandId('return'),
    submit: (make) => sequencer.submit(make),
    durable: () => new Promise((resolve) => journal.whenDurable(resolve)),
    isWaiting: (account) => desk.isServing(account),
  });
  const desk = new CreditDesk({
    ...{ groupId, engine, policies, clock, timers, doubted, faulted },
    ledger: options.ledger,
    submitGrant: async (grant) => {
      await sequencer.submit((nowMs) => grantCommand(grant, nowMs));
    },
    demandElsewhere: options.demandElsewhere,
    returning: returns.returning,
  });
  const bell = createDueBell({
    ...{ engine, clock, timers },
    catchUp: () => void sequencer.catchUp(),
  });
  const watch = createChainWatch({
    ...{ engine, late, clock, timers, newCommandId, staleMs: options.chainStaleMs },
    submit: (make) => sequencer.submit(make),
  });
  const queries = createQueries({ groupId, epoch: lease.epoch, engine, journal, clock });
  return {
    ...{ engine, outlet, checks, journal, snapshots, sequencer },
    ...{ returns, desk, bell, queries, watch, newCommandId },
  };
}

/** Lists a market that the engine does not know. What operators changed since stands, whatever is deployed. */
async function listMarket(
  { market, base, quote }: ListedMarket,
  { engine, sequencer, newCommandId }: Parts,
  { faulted }: LeaderOptions,
): Promise<void> {
  if (engine.market(market.id)) return;
  const commandId = newCommandId('list');
  const ordered = { by: 'catalog', why: 'listed by the deployment' };
  const [answer] = await sequencer.submit(
    (nowMs): ListMarket => ({
      ...{ type: 'list_market', commandId, nowMs, ...ordered },
      ...{ market, base, quote },
    }),
  );
  if (answer?.type === 'refused') faulted(`${market.id} is not listed: ${answer.code}`);
}

/** Grants that a dead leader fetched and never journaled; those the engine knows are on their way to be cleared. */
async function submitPendingGrants(
  { engine, sequencer }: Parts,
  { ledger, groupId, faulted }: LeaderOptions,
): Promise<void> {
  try {
    for (const grant of await ledger.pendingGrants(groupId)) {
      if (!isKnown(grant, engine)) await sequencer.submit((nowMs) => grantCommand(grant, nowMs));
    }
  } catch (error) {
    faulted('pending grants are looked for again', asError(error));
  }
}

function grantCommand(grant: PendingGrant, nowMs: number): GrantCredit {
  const { account, asset, grantNumber, clock } = grant;
  const commandId = `grant:${account}:${asset}:${grantNumber}`;
  const units = Number(grant.units);
  return { type: 'grant', commandId, nowMs, account, asset, grantNumber, units, clock };
}

/** Runs again so long after each run has ended; answers what ends it. */
function repeat(timers: Timers, everyMs: number, run: () => Promise<void>): () => void {
  let stopped = false;
  let cancel = () => {};
  const next = () => {
    cancel = timers.after(everyMs, () => {
      void run().then(() => {
        if (!stopped) next();
      });
    });
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
}
