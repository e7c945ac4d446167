/** What somebody typed after `npm run journal --`, as data; or one sentence about what is wrong with it. */
import { parseArgs } from 'node:util';
import { Wrong } from '../wrong.ts';
import type { Source } from './pieces.ts';
import { journalFlags } from './usage.ts';

export type JournalVerb = 'dump' | 'verify' | 'replay';

export type JournalWish = {
  verb: JournalVerb;
  groupId?: string;
  from: number;
  /** Infinite where all is wanted. */
  to: number;
  source: Source;
  stage: string;
  stateFolder?: string;
  json: boolean;
};

const verbs: readonly string[] = ['dump', 'verify', 'replay'] satisfies JournalVerb[];
const sources: readonly string[] = ['both', 'archive', 'stream'] satisfies Source[];
const stages: readonly string[] = ['local', 'dev', 'prod'];

/** Throws Wrong. */
export function readJournalWish(words: readonly string[]): JournalWish | 'help' {
  if (words.length === 0 || words.includes('--help') || words[0] === 'help') return 'help';
  const { positionals, values } = parse(words);
  const [verb = '', extra] = positionals;
  if (!verbs.includes(verb))
    throw new Wrong(`There is no command "${verb}", only ${verbs.join(', ')}.`);
  if (extra !== undefined) throw new Wrong(`${verb} does not know what to do with "${extra}".`);
  const { group, source = 'both', stage = 'local', state } = values;
  if (!sources.includes(source))
    throw new Wrong(`--source is ${sources.join(', ')}, not "${source}".`);
  if (!stages.includes(stage))
    throw new Wrong(`There is no stage "${stage}", only ${stages.join(', ')}.`);
  if (state !== undefined && stage !== 'local')
    throw new Wrong('--state is of a local cloud only.');
  const from = values.from === undefined ? 1 : frameNumber('--from', values.from);
  const to = values.to === undefined ? Number.POSITIVE_INFINITY : frameNumber('--to', values.to);
  if (to < from) throw new Wrong(`--to ${to} comes before --from ${from}.`);
  return {
    verb: verb as JournalVerb,
    ...(group === undefined ? {} : { groupId: group }),
    ...{ from, to, stage, json: values.json === true, source: source as Source },
    ...(state === undefined ? {} : { stateFolder: state }),
  };
}

function frameNumber(flag: string, text: string): number {
  const number = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new Wrong(`${flag} is the number of a frame, 1 or more, not "${text}".`);
}

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    ...{ group: text, from: text, to: text, source: text, stage: text, state: text },
    json: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const [sentence = ''] = message.split('. ');
    const flags = Object.keys(journalFlags).map((name) => `--${name}`);
    throw new Wrong(
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `${sentence}; there are ${flags.join(', ')}.`
        : `${sentence.replace(/\.$/, '')}.`,
    );
  }
}
