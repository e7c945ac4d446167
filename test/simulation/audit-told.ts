/** Holds every answer that a client of the ledger was given against what the ledger says in the end: the first result stands. */
import type { Item } from '#cloud/batch-items.ts';
import { greatestUnits } from '#domain/ledger-operation.ts';
import { differs } from './difference.ts';
import type { Told } from './ledger-clients.ts';
import { assets } from './ledger-world.ts';
import { stored } from './simulated-table.ts';

type Items = ReadonlyMap<string, Item>;

export function auditTold(items: Items, told: readonly Told[]): string[] {
  const created = new Set<string>();
  return told.flatMap((each) => {
    const problems = auditOne(items, each);
    if (each.status === 'created') {
      const name = `${each.step} ${each.id}`;
      if (created.has(name)) problems.push(`${name} was created twice`);
      created.add(name);
    }
    return problems.map((problem) => `${each.step} ${each.id} (${each.content}): ${problem}`);
  });
}

function auditOne(items: Items, told: Told): string[] {
  switch (told.status) {
    case 'created':
    case 'exists':
      return auditResult(items, told);
    case 'exists_with_different_content':
      return recordOf(items, told)
        ? contentIn(items, told) === told.content
          ? ['it was told of another content, and it is this one']
          : []
        : ['it was told of another content, and there is none'];
    case 'balance_too_low':
      // Somebody may have proposed another adjustment under the id.
      if (told.step === 'approve' && contentIn(items, told) !== told.content) return [];
      return (told.leastUnits ?? 0n) < magnitude(told.wantedUnits)
        ? []
        : [`refused, although ${told.leastUnits} were there all the time`];
    case 'amount_not_positive':
      return told.wantedUnits <= 0n ? [] : ['the amount is positive'];
    case 'amount_too_large':
      return magnitude(told.wantedUnits) > greatestUnits ? [] : ['the amount is not too large'];
    case 'unknown_asset':
      return assets.some((asset) => told.content.includes(` ${asset} `)) ? ['it is listed'] : [];
    default:
      return [];
  }
}

/** The others name the id alone. */
const namesContent = new Set(['deposit', 'transfer', 'demand', 'hold', 'propose']);

/** Whoever was told that it is there was told of what is there. */
function auditResult(items: Items, told: Told): string[] {
  const record = recordOf(items, told);
  if (!record) return [`told ${told.status}, and it is not there`];
  const content = contentIn(items, told);
  if (namesContent.has(told.step) && content !== told.content)
    return [`told ${told.status}, and it is ${content}`];
  const { first } = told;
  if (!first) return [];
  const isWithdrawal = 'withdrawalId' in first;
  // A withdrawal goes on; what was told of it is as of then.
  const { status: _, heldAtMs: __, endedAtMs: ___, ...facts } = first;
  const known = Object.fromEntries(Object.keys(facts).map((name) => [name, record[name]]));
  const difference = isWithdrawal
    ? differs(stored(facts), known)
    : differs(stored(first), bare(record));
  return difference ? [`told ${told.status} of another: ${difference}`] : [];
}

const bare = ({ pk: _, sk: __, ...rest }: Item): Item => rest;

/** The item that the step writes. */
function recordOf(items: Items, { step, id, first }: Told): Item | undefined {
  const operation = (name: string) => items.get(`OPERATION#${name}|OPERATION`);
  switch (step) {
    case 'deposit':
    case 'transfer':
      return operation(id);
    case 'approve':
      return first ? operation(id) : items.get(`ADJUSTMENT#${id}|ADJUSTMENT`);
    case 'propose':
    case 'reject':
      return items.get(`ADJUSTMENT#${id}|ADJUSTMENT`);
    case 'demand':
      return items.get(`WITHDRAWAL#${id}|WITHDRAWAL`);
    case 'hold':
      return first ? operation(`${id}:hold`) : items.get(`WITHDRAWAL#${id}|WITHDRAWAL`);
    case 'finish':
      return operation(`${id}:finish`);
    case 'return':
      return first && 'withdrawalId' in first
        ? items.get(`WITHDRAWAL#${id}|WITHDRAWAL`)
        : operation(`${id}:return`);
  }
}

/** As the asking client would have said it. */
function contentIn(items: Items, told: Told): string {
  const record = recordOf(items, told) ?? {};
  const text = (name: string) => String(record[name] ?? '');
  const account = text('account') || text('from');
  const to = told.step === 'transfer' ? text('to') : text('house');
  return `${account} ${to} ${text('asset')} ${text('units')}`;
}

const magnitude = (units: bigint): bigint => (units < 0n ? -units : units);
