/** What a rebuild found, for people. */
import type { ItemDifference } from '#cloud/compare-items.ts';
import type { RebuildReport } from '#cloud/rebuild-ledger.ts';

/** Lines a report shows at most; `--json` has all. */
const shownAtMost = 100;

export function rebuildLines(report: RebuildReport & { ms: number }): string[] {
  const { groups, operations, compared, copied, rounds, differences, unsettled, ms } = report;
  const items = Object.values(compared).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(compared)
    .sort()
    .map(([kind, count]) => `${count} ${kind.toLowerCase()}`);
  return [
    `Built anew from ${operations} operations and the journals of ${groups.map(({ groupId }) => groupId).join(', ')} in ${(ms / 1_000).toFixed(1)} s`,
    ...groups.map(({ groupId, runs, frame }) => `  ${groupId}: ${runs} runs to frame ${frame}`),
    `  ${items} items compared (${kinds.join(', ')}), ${copied} copied, ${rounds} looks at what moved meanwhile`,
    ...differences.slice(0, shownAtMost).map(lineOf),
    ...(differences.length > shownAtMost
      ? [`  … and ${differences.length - shownAtMost} more: --json has them all`]
      : []),
    ...unsettled
      .slice(0, shownAtMost)
      .map((name) => `UNSETTLED ${name}: its run stays half posted`),
    ending(report),
  ];
}

function lineOf({ pk, sk, attribute, live, rebuilt }: ItemDifference): string {
  const name = `DIFFERS ${pk} ${sk}`;
  if (attribute === '')
    return live === undefined
      ? `${name}: missing, it must be there`
      : `${name}: there, and nothing accounts for it`;
  return `${name}: ${attribute} is ${short(live)}, rebuilt ${short(rebuilt)}`;
}

/** Trades of an entry may be long. */
function short(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function ending({ ok, isWhole, differences, unsettled }: RebuildReport): string {
  if (!isWhole)
    return 'Interrupted: nothing is said of the rest, and the shadow table is half built.';
  if (ok) return 'The same, item by item.';
  if (differences.length === 0)
    return `${unsettled.length} items wait for a run that stays half posted: does settlement run?`;
  return `${differences.length} differences. What to do: docs/operations/rebuild-ledger.md`;
}
