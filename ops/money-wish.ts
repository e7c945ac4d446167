/** What somebody typed after `adjust`, `adjustments`, `approve`, `reject`, `transfer-house` or `withdrawals`, as data; or what is wrong with it. */
import { parseArgs } from 'node:util';
import type { MoneyOrder } from '#wire/adjustments.ts';
import { houseAccounts } from '#wire/table-keys.ts';
import { Wrong } from './wrong.ts';

export type MoneyWish = {
  /** Without the id that it gets where nobody named one. */
  order: MoneyOrder;
  stage: string;
  stateFolder?: string;
  /** Of a local cloud. */
  by?: string;
  json: boolean;
};

/** The words with which such a wish begins. */
export const moneyWords: readonly string[] = [
  'adjust',
  'adjustments',
  'approve',
  'reject',
  'transfer-house',
  'withdrawals',
];

const stages: readonly string[] = ['local', 'dev', 'prod'];

type NewIds = { adjustment(): string; transfer(): string };
type Values = ReturnType<typeof parse>['values'];

/** Throws Wrong. */
export function readMoneyWish(words: readonly string[], newIds: NewIds): MoneyWish {
  const [verb = '', ...rest] = words;
  const { positionals, values } = parse(rest);
  const { stage = 'local', state, by, json = false } = values;
  if (!stages.includes(stage))
    throw new Wrong(`There is no stage "${stage}", only ${stages.join(', ')}.`);
  if (stage !== 'local' && (state !== undefined || by !== undefined))
    throw new Wrong(
      '--state and --by are of a local cloud only: on AWS your keys say who you are.',
    );
  return {
    order: orderOf(verb, positionals, values, newIds),
    ...{ stage, json },
    ...(state === undefined ? {} : { stateFolder: state }),
    ...(by === undefined ? {} : { by }),
  };
}

function orderOf(verb: string, words: string[], values: Values, newIds: NewIds): MoneyOrder {
  switch (verb) {
    case 'adjust': {
      const [account = '', asset = '', amount = ''] = expect(verb, words, [
        ...['ACCOUNT', 'ASSET', 'AMOUNT'],
      ]);
      const why = reason(values);
      if (values.from === undefined)
        throw new Wrong('Say which account of the house pays or takes: --from house:insurance.');
      const house = houseOf(values.from);
      const adjustmentId = values.id ?? newIds.adjustment();
      const proposal = { adjustmentId, account: account.toLowerCase(), house, asset, amount, why };
      return { type: 'propose_adjustment', ...proposal };
    }
    case 'approve': {
      const [adjustmentId = ''] = expect(verb, words, ['ID']);
      return { type: 'approve_adjustment', adjustmentId };
    }
    case 'reject': {
      const [adjustmentId = ''] = expect(verb, words, ['ID']);
      return { type: 'reject_adjustment', adjustmentId, why: reason(values) };
    }
    case 'transfer-house': {
      const names = ['FROM', 'TO', 'ASSET', 'AMOUNT'];
      const [from = '', to = '', asset = '', amount = ''] = expect(verb, words, names);
      const operationId = values.id ?? newIds.transfer();
      return {
        type: 'transfer_house',
        ...{ operationId, from: houseOf(from), to: houseOf(to), asset, amount },
        why: reason(values),
      };
    }
    case 'withdrawals':
      return withdrawalOrder(words, values);
    default:
      expect(verb, words, []);
      return { type: 'show_adjustments' };
  }
}

function withdrawalOrder(words: string[], values: Values): MoneyOrder {
  const [verb = 'list', ...rest] = words;
  if (verb === 'list') {
    expect('withdrawals list', rest, []);
    return { type: 'show_withdrawals' };
  }
  if (verb !== 'approve' && verb !== 'reject')
    throw new Wrong(`withdrawals does not know what to do with "${verb}".`);
  const [digest = ''] = expect(`withdrawals ${verb}`, rest, ['DIGEST']);
  if (verb === 'approve') return { type: 'approve_withdrawal', digest };
  return { type: 'reject_withdrawal', digest, why: reason(values) };
}

function houseOf(text: string): (typeof houseAccounts)[number] {
  const house = houseAccounts.find((each) => each === text);
  if (!house)
    throw new Wrong(`"${text}" is no account of the house, only ${houseAccounts.join(', ')}.`);
  return house;
}

function reason({ why }: Values): string {
  if (!why?.trim()) throw new Wrong('Say why: --why "the reason, kept with the entry".');
  return why.trim();
}

function expect(verb: string, words: string[], names: readonly string[]): string[] {
  const extra = words[names.length];
  if (extra !== undefined) throw new Wrong(`${verb} does not know what to do with "${extra}".`);
  if (words.length < names.length)
    throw new Wrong(`${verb} needs ${names.slice(words.length).join(' and ')}.`);
  return words;
}

/** An amount below zero is a word, not a flag: it goes through the parser in disguise. */
const minus = '\u2212';

function parse(words: readonly string[]) {
  const [text, flag] = [{ type: 'string' } as const, { type: 'boolean' } as const];
  const options = {
    from: text,
    why: text,
    id: text,
    stage: text,
    state: text,
    by: text,
    json: flag,
  };
  const args = words.map((word) => word.replace(/^-(?=\d)/, minus));
  try {
    const parsed = parseArgs({ args, options, strict: true, allowPositionals: true });
    const positionals = parsed.positionals.map((word) => word.replace(minus, '-'));
    return { positionals, values: parsed.values };
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ');
    throw new Wrong(`${sentence.replace(/\.$/, '')}.`);
  }
}
