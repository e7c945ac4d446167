/** Compares what the ledger wrote of a run with what its frames do to money. */
import type { BookedEntry } from './account-book.ts';
import type { AssetId } from './asset.ts';
import {
  availableChange,
  type ClearedFrame,
  type ClearedRun,
  type CreditChange,
  changeKey,
  frozenChange,
  netFrames,
} from './clearing.ts';
import type { Difference, DifferenceKind } from './reconciliation.ts';

export type JournalSeen = ClearedFrame & { atMs: number; shardSequence: string };

/** The run against its frames and the run before it; `frames` are those behind the run before, through the run's last. */
export function compareRun(
  run: ClearedRun,
  frames: readonly JournalSeen[],
  before: ClearedRun | undefined,
): Difference[] {
  const compare = comparing(run);
  const own = frames.filter(({ frame }) => frame >= run.fromFrame);
  const between = frames.filter(({ frame }) => frame < run.fromFrame);
  const last = own.at(-1);
  compare.same('run_item', 'last frame', last?.frame ?? 'none', run.toFrame);
  compare.same('run_item', 'frames', run.toFrame - run.fromFrame + 1, own.length);
  if (last) {
    compare.same('run_item', 'time', last.atMs, run.atMs);
    compare.same('run_item', 'clock', last.clock, run.clock);
  }
  const trades = own.flatMap(({ outcomes }) =>
    outcomes.flatMap(({ events }) => events.filter(({ type }) => type === 'trade')),
  );
  compare.same('run_item', 'trades', trades.length, run.trades);
  if (before && before.toFrame >= run.fromFrame)
    compare.say(
      'run_order',
      'begins behind the run before',
      `behind frame ${before.toFrame}`,
      run.fromFrame,
    );
  if (before && before.clock >= run.clock)
    compare.say('run_order', 'clock', `later than ${before.clock}`, run.clock);
  const skipped = between.find((frame) => moves(frame));
  if (skipped)
    compare.say(
      'run_order',
      `frame ${skipped.frame} is in no run`,
      'no money moved',
      'money moved',
    );
  return compare.found;
}

const moves = (frame: ClearedFrame): boolean =>
  frame.outcomes.some(({ events }) =>
    events.some(
      ({ type }) => type === 'trade' || type === 'credit_granted' || type === 'credit_returned',
    ),
  );

/** What frames do to money: a fault of theirs is a difference like any other. */
export function netRun(
  run: ClearedRun,
  frames: readonly ClearedFrame[],
  feeAccount: string,
): { changes: CreditChange[]; differences: Difference[] } {
  try {
    return { changes: netFrames(frames, feeAccount), differences: [] };
  } catch (error) {
    const compare = comparing(run);
    compare.say('run_entries', 'netting', 'frames that balance', (error as Error).message);
    return { changes: [], differences: compare.found };
  }
}

/** Each change against its entry, and the entries together. */
export function compareEntries(
  run: ClearedRun,
  changes: readonly CreditChange[],
  entries: ReadonlyMap<string, BookedEntry>,
): Difference[] {
  const { same, say, found } = comparing(run);
  same('run_item', 'changes', changes.length, run.changes);
  const sums = new Map<AssetId, bigint>();
  for (const change of changes) {
    const where = { account: change.account, asset: change.asset };
    const entry = entries.get(changeKey(change));
    if (!entry) {
      say('entry_missing', 'entry', described(change), 'none', where);
      continue;
    }
    const units = entry.availableUnits + entry.withdrawingUnits + entry.frozenUnits;
    sums.set(entry.asset, (sums.get(entry.asset) ?? 0n) + units);
    const equal = (what: string, expected: unknown, actual: unknown) =>
      same('entry_units', what, expected, actual, where);
    equal('available', availableChange(change), entry.availableUnits);
    equal('frozen', frozenChange(change), entry.frozenUnits);
    equal('withdrawing', 0n, entry.withdrawingUnits);
    equal('grant', grantText(change.granted), grantText(entry.granted));
    const returned = change.returnedUnits > 0n ? change : undefined;
    equal('returned', returned?.returnedUnits ?? 0n, entry.returned?.units ?? 0n);
    equal('return number', returned?.returnNumber ?? 0, entry.returned?.returnNumber ?? 0);
    equal('trades', linesText(change.lines), linesText(entry.trades));
    equal('time', run.atMs, entry.atMs);
  }
  for (const [asset, sum] of sums)
    if (sum !== 0n) say('run_entries', 'sum of entries', 0n, sum, { asset });
  return found;
}

const described = (change: CreditChange): string =>
  `available ${availableChange(change)}, frozen ${frozenChange(change)}`;

const grantText = (grant: { grantNumber: number; units: bigint } | undefined): string =>
  grant ? `${grant.grantNumber}: ${grant.units}` : 'none';

type Line = { sequence?: number; marketId?: string; units: bigint; feeUnits: bigint };

const linesText = (lines: readonly Line[]): string =>
  lines
    .map((line) => [line.sequence, line.marketId, line.units, line.feeUnits].join(' '))
    .join(', ');

function comparing({ groupId, toFrame }: ClearedRun) {
  const found: Difference[] = [];
  type Where = { account?: string; asset?: AssetId };
  const say = (
    kind: DifferenceKind,
    what: string,
    expected: unknown,
    actual: unknown,
    where: Where = {},
  ) => {
    found.push({
      ...{ kind, groupId, ...where, what: `run to frame ${toFrame}: ${what}` },
      ...{ expected: String(expected).slice(0, 300), found: String(actual).slice(0, 300) },
    });
  };
  const same = (
    kind: DifferenceKind,
    what: string,
    expected: unknown,
    actual: unknown,
    where: Where = {},
  ) => {
    if (expected !== actual) say(kind, what, expected, actual, where);
  };
  return { found, say, same };
}
