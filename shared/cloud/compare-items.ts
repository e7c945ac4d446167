/** Compares an item of the ledger with the same item built anew, attribute by attribute. */
import type { Item } from './batch-items.ts';

/** One attribute that is otherwise, or a whole item (`attribute` is empty) that is missing or too much. */
export type ItemDifference = {
  pk: string;
  sk: string;
  attribute: string;
  /** As text; undefined where it is not there. */
  live?: string;
  rebuilt?: string;
};

/**
 * What cannot be built anew, by kind of item, and stays as it is found: `version` counts writes, not money; a demand before a withdrawal is no
 * operation; what was available after an operation depends on grants, whose moments leave no trace (reconciliation proves
 * that they can have been); of several first operations of an account, any may have been first.
 */
const leftOut: readonly { kind: RegExp; attributes: readonly string[] }[] = [
  { kind: /^ACCOUNT#/, attributes: ['version'] },
  { kind: /^CLEARING#/, attributes: ['version', 'run'] },
  { kind: /^ENTRIES#/, attributes: ['availableAfterUnits'] },
  { kind: /^PENDING#/, attributes: ['atMs'] },
  { kind: /^DIRECTORY#/, attributes: ['firstAtMs'] },
];

/** Of one key; at most one of both items is undefined. Money that is not there is none. */
export function differencesOf(found: Item | undefined, wanted: Item | undefined): ItemDifference[] {
  const { pk, sk } = (found ?? wanted) as { pk: string; sk: string };
  if (!(found && wanted) && !pk.startsWith('ACCOUNT#'))
    return [{ pk, sk, attribute: '', ...(found ? { live: 'there' } : { rebuilt: 'there' }) }];
  const [live, rebuilt] = [found ?? { pk, sk }, wanted ?? { pk, sk }];
  const ignored = ignoredOf(live);
  const names = new Set([...Object.keys(live), ...Object.keys(rebuilt)]);
  return [...names].sort().flatMap((attribute) => {
    if (ignored.includes(attribute)) return [];
    const [here, anew] = [textOf(live[attribute]), textOf(rebuilt[attribute])];
    if (here === anew) return [];
    return [
      {
        ...{ pk, sk, attribute },
        ...(here === nought ? {} : { live: here }),
        ...(anew === nought ? {} : { rebuilt: anew }),
      },
    ];
  });
}

/** The rebuilt item with what cannot be built anew as it is found. */
export function completed(rebuilt: Item, live: Item | undefined): Item {
  if (live && differencesOf(live, rebuilt).length === 0) return live;
  const kept = ignoredOf(rebuilt).filter((name) => live?.[name] !== undefined);
  return { ...rebuilt, ...Object.fromEntries(kept.map((name) => [name, live?.[name]])) };
}

const ignoredOf = ({ pk }: Item): readonly string[] =>
  leftOut.find(({ kind }) => kind.test(String(pk)))?.attributes ?? [];

/** What was never added to is zero. */
const nought = '0';

function textOf(value: unknown): string {
  if (value === undefined) return nought;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([name, part]) => `${name}=${textOf(part)}`);
    return parts.sort().join(' ');
  }
  return String(value);
}
