/** A reconciliation as lines for people: what was looked at, every asset's sums, every difference. */
import type { KeptDifference } from '#domain/reconciliation.ts';
import type { ReconcileAnswer } from '#wire/reconciliation-report.ts';

type Pass = NonNullable<ReconcileAnswer['pass']>;
type Totals = Pass['totals'][number];

export function reportLines(answer: ReconcileAnswer, day?: string): string[] {
  const { pass, open, gone, waiting } = answer;
  if (!pass)
    return [
      day === undefined
        ? 'No day is reconciled yet. A pass of the present: npm run ops -- reconcile --now'
        : `${day} was never reconciled.`,
      ...differenceLines(open, gone),
    ];
  return [
    headline(pass),
    ...lookedAt(pass, waiting),
    '',
    'Sums of all accounts, in the smallest units of each asset:',
    ...pass.totals.flatMap(assetLines),
    '',
    ...differenceLines(open, gone),
  ];
}

type Compared = NonNullable<ReconcileAnswer['vaultAccount']>;

export function accountLines(account: string, compared: Compared): string[] {
  return [
    `${account}: the ledger, less what waits for its batch, and the vault, in atoms:`,
    ...compared.map((each) => {
      const { asset, ledgerUnits, unsettledUnits, dustAtoms, expectedAtoms, vaultAtoms } = each;
      const verdict = expectedAtoms === vaultAtoms ? 'equal' : 'DIFFERS';
      const parts = `${ledgerUnits} units, ${unsettledUnits} of them waiting, ${dustAtoms} atoms of dust`;
      return `  ${asset}  ${expectedAtoms} (${parts})  vault ${vaultAtoms}  ${verdict}`;
    }),
  ];
}

function headline(pass: Pass): string {
  const { name, startMs, endMs, place } = pass;
  const what =
    name === 'now'
      ? `Reconciliation of the present, with sums of entries before ${time(endMs)}`
      : `Reconciliation of ${name} (UTC)`;
  const since = pass.isWhole || startMs === 0 ? 'all entries' : `entries since ${time(startMs)}`;
  if (place.phase === 'finished')
    return `${what}: finished ${time(pass.finishedAtMs ?? 0)}; ${since}.`;
  return `${what}: NOT FINISHED (${place.phase === 'waiting' ? place.why : place.phase}), begun ${time(pass.startedAtMs)}.`;
}

function lookedAt(pass: Pass, waiting: ReconcileAnswer['waiting']): string[] {
  const { accounts, entries, unsettled } = pass;
  return [
    `  accounts   ${count(accounts)} compared with ${count(entries)} entries`,
    ...(unsettled.accounts > 0
      ? [
          `             ${count(unsettled.accounts)} of them never stood still: ${unsettled.some.join(', ')}`,
        ]
      : []),
    ...pass.groups.map(({ groupId, runs, trades, changes }) =>
      [
        `  runs       ${groupId}: ${count(runs)} in the period, with ${count(trades)} trades`,
        `and ${count(changes)} entries`,
      ].join(' '),
    ),
    ...pass.groups.map(({ groupId, snapshot, uncompared }) =>
      snapshot && uncompared === undefined
        ? `  engine     ${groupId}: snapshot of frame ${snapshot.frame}, rolled forward to frame ${snapshot.comparedAtFrame}, ${count(snapshot.lines)} accounts`
        : `  engine     ${groupId}: NOT COMPARED, ${uncompared ?? 'not looked at yet'}`,
    ),
    waiting.runs === 0
      ? '  journal    every cleared run is compared with its frames'
      : `  journal    ${count(waiting.runs)} newly cleared runs are not compared with theirs yet, the oldest of ${time(waiting.oldestAtMs ?? 0)}`,
  ];
}

function assetLines(total: Totals): string[] {
  const { asset, users, house, sum, vault } = total;
  const rows: [string, string][] = [
    ['users, available', users.available],
    ['users, withdrawing', users.withdrawing],
    ...Object.entries(users.frozen).map(([groupId, units]): [string, string] => [
      `users, frozen in ${groupId}`,
      units,
    ]),
    ...Object.entries(house).sort(([one], [other]) => (one < other ? -1 : 1)),
    ['sum', sum],
    ...(vault ? [[vaultName(vault.source), vault.units] as [string, string]] : []),
  ];
  return [
    `  ${asset}`,
    ...rows.map(([name, units]) => `    ${name.padEnd(34)}${grouped(units).padStart(26)}`),
  ];
}

const vaultName = (source: string): string =>
  source === 'ledger' ? 'vault (as the ledger says, now)' : `vault (${source}, now)`;

function differenceLines(
  open: readonly KeptDifference[],
  gone: readonly KeptDifference[],
): string[] {
  return [
    open.length === 0 ? 'No differences.' : `${count(open.length)} DIFFERENCES:`,
    ...open.map((each) => `  ${described(each)}; since ${time(each.firstSeenAtMs)}`),
    ...(gone.length === 0 ? [] : [`${count(gone.length)} of that day are gone:`]),
    ...gone.map(
      (each) =>
        `  ${described(each)}; from ${time(each.firstSeenAtMs)} to ${time(each.goneAtMs ?? 0)}`,
    ),
  ];
}

function described({ kind, account, asset, groupId, what, expected, found }: KeptDifference) {
  const where = [account, asset, groupId].filter((each) => each !== undefined).join(' ');
  return `${kind} ${where}: ${what}: expected ${expected}, found ${found}`;
}

const time = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',');
const count = (number: number): string => grouped(String(number));
