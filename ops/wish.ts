/** What somebody typed after `npm run ops --`, as data; or one sentence about what is wrong with it. */
import { parseArgs } from 'node:util';
import type { MarketState } from '#domain/market.ts';
import {
  commonFlags,
  type ListFlag,
  listFlags,
  type TermFlag,
  termFlags,
  tierFlags,
} from './usage.ts';
import { wholeNumber } from './whole-number.ts';
import { Wrong } from './wrong.ts';

export type Flags<F extends string> = Partial<Record<F, string>>;

export type Order =
  | { type: 'state'; market: string; state: MarketState }
  | { type: 'list'; market: string; terms: Flags<TermFlag>; listing: Flags<ListFlag> }
  | { type: 'change'; market: string; terms: Flags<TermFlag> }
  | { type: 'define_tier'; tier: number; makerFeeBps: number; takerFeeBps: number }
  | { type: 'assign_tier'; account: string; tier: number };

export type Place = { stage: string; stateFolder?: string; json: boolean };

export type Wish =
  | { type: 'help' }
  | ({ type: 'wrong'; sentence: string } & Pick<Place, 'json'>)
  | ({ type: 'markets' } & Place)
  | ({ type: 'order'; order: Order; why: string; by?: string; commandId?: string } & Place & {
        yes: boolean;
      });

const states: Record<string, MarketState> = {
  halt: 'halted',
  auction: 'auction',
  open: 'open',
  'cancel-only': 'cancel_only',
  close: 'closed',
};

const stages = ['local', 'dev', 'prod'];
const switches = ['yes', 'json', 'help'];
const commands = ['markets', ...Object.keys(states), 'list', 'change', 'fee-tier'];

export function readWish(words: readonly string[]): Wish {
  const isHelp = words.length === 0 || words.includes('--help') || words[0] === 'help';
  if (isHelp) return { type: 'help' };
  try {
    return read(words);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return { type: 'wrong', sentence: error.message, json: words.includes('--json') };
  }
}

function read(words: readonly string[]): Wish {
  const [command = ''] = words;
  if (!commands.includes(command))
    throw new Wrong(`There is no command "${command}", only ${commands.join(', ')}.`);
  const own = flagsOf(command);
  const { positionals, flags, on } = parse(words.slice(1), [...own, ...Object.keys(commonFlags)]);
  const { stage = 'local', state: stateFolder, why, by, 'command-id': commandId } = flags;
  if (!stages.includes(stage))
    throw new Wrong(`There is no stage "${stage}", only ${stages.join(', ')}.`);
  if (stateFolder !== undefined && stage !== 'local')
    throw new Wrong('--state is of a local cloud only.');
  const place = { stage, json: on('json'), ...(stateFolder === undefined ? {} : { stateFolder }) };
  if (command === 'markets') {
    expectWords(positionals, [], 'markets');
    return { type: 'markets', ...place };
  }
  const order = orderOf(command, positionals, flags);
  if (!why?.trim()) throw new Wrong('Say why: --why "the reason, kept in the journal".');
  const named = {
    ...(by === undefined ? {} : { by }),
    ...(commandId === undefined ? {} : { commandId }),
  };
  return { type: 'order', order, why: why.trim(), ...named, ...place, yes: on('yes') };
}

/** The flags that a command has beside the common ones. */
function flagsOf(command: string): string[] {
  if (command === 'change') return Object.keys(termFlags);
  if (command === 'list') return [...Object.keys(termFlags), ...Object.keys(listFlags)];
  return command === 'fee-tier' ? Object.keys(tierFlags) : [];
}

function orderOf(command: string, words: string[], flags: Flags<string>): Order {
  const state = states[command];
  if (command === 'fee-tier') return tierOrder(words, flags);
  const [market = ''] = expectWords(words, ['MARKET'], command);
  if (!/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/.test(market))
    throw new Wrong(`"${market}" is no market: they are called like ETH-USDC.`);
  if (state) return { type: 'state', market, state };
  const terms = pick(flags, termFlags);
  if (command === 'change') {
    if (Object.keys(terms).length === 0)
      throw new Wrong(`Change what? ${flagList(Object.keys(termFlags))}.`);
    return { type: 'change', market, terms };
  }
  const listing = pick(flags, listFlags);
  const missing = ['group', 'tick', 'lot'].filter((name) => flags[name] === undefined);
  if (missing.length > 0) throw new Wrong(`A listing needs ${flagList(missing)}.`);
  return { type: 'list', market, terms, listing };
}

function tierOrder([verb, ...words]: string[], flags: Flags<string>): Order {
  if (verb === 'define') {
    const [tier = ''] = expectWords(words, ['N'], 'fee-tier define');
    const makerFeeBps = wholeNumber('--maker-bps', flags['maker-bps']);
    const takerFeeBps = wholeNumber('--taker-bps', flags['taker-bps']);
    return { type: 'define_tier', tier: wholeNumber('the tier', tier), makerFeeBps, takerFeeBps };
  }
  if (verb !== 'assign') throw new Wrong('fee-tier takes define or assign.');
  const [account = '', tier = ''] = expectWords(words, ['ACCOUNT', 'N'], 'fee-tier assign');
  if (!/^0x[0-9a-fA-F]{40}$/.test(account))
    throw new Wrong(`"${account}" is no account's address.`);
  const type = 'assign_tier' as const;
  return { type, account: account.toLowerCase(), tier: wholeNumber('the tier', tier) };
}

function expectWords(words: string[], names: string[], command: string): string[] {
  if (words.length === names.length) return words;
  const extra = words[names.length];
  throw new Wrong(
    extra === undefined
      ? `${command} needs ${names.slice(words.length).join(' and ')}.`
      : `${command} does not know what to do with "${extra}".`,
  );
}

const flagList = (names: readonly string[]): string => names.map((name) => `--${name}`).join(', ');

function pick<F extends string>(flags: Flags<string>, names: Record<F, string>): Flags<F> {
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => name in names && value !== undefined),
  ) as Flags<F>;
}

function parse(words: readonly string[], names: readonly string[]) {
  const options = Object.fromEntries(
    names.map((name) => [
      name,
      { type: switches.includes(name) ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    const { positionals, values } = parseArgs({
      args: joined(words),
      options,
      strict: true,
      allowPositionals: true,
    });
    const texts = Object.entries(values).filter(([, value]) => typeof value === 'string');
    return {
      positionals,
      flags: Object.fromEntries(texts) as Flags<string>,
      on: (name: string) => values[name] === true,
    };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const [sentence = ''] = message.split('. ');
    throw new Wrong(
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `${sentence}; there are ${flagList(names)}.`
        : `${sentence.replace(/\.$/, '')}.`,
    );
  }
}

/** `--maker-fee-bps -1`: a number after a flag belongs to it, minus or not. */
function joined(words: readonly string[]): string[] {
  const out: string[] = [];
  for (const word of words) {
    const last = out.at(-1);
    if (/^-\d/.test(word) && last && /^--[a-z-]+$/.test(last)) out[out.length - 1] += `=${word}`;
    else out.push(word);
  }
  return out;
}
