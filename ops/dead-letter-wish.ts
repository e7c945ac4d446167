/** What somebody typed after `dead-letters` or `redrive`, as data; or one sentence about what is wrong with it. */
import { parseArgs } from 'node:util';
import { type WorkQueue, workQueues } from '#wire/queue-names.ts';
import { Wrong } from './wrong.ts';

export type DeadLetterWish = {
  type: 'list' | 'redrive';
  /** Of a redrive. */
  queue?: WorkQueue;
  /** The only one that is put back; all of them where absent. */
  id?: string;
  stage: string;
  stateFolder?: string;
  json: boolean;
};

/** The words with which such a wish begins. */
export const deadLetterWords: readonly string[] = ['dead-letters', 'redrive'];

const stages: readonly string[] = ['local', 'dev', 'prod'];

/** Throws Wrong. */
export function readDeadLetterWish(words: readonly string[]): DeadLetterWish {
  const [verb = '', ...rest] = words;
  const { positionals, values } = parse(rest);
  const { stage = 'local', state, id, all = false, json = false } = values;
  if (!stages.includes(stage))
    throw new Wrong(`There is no stage "${stage}", only ${stages.join(', ')}.`);
  if (state !== undefined && stage !== 'local')
    throw new Wrong('--state is of a local cloud only.');
  const place = { stage, json, ...(state === undefined ? {} : { stateFolder: state }) };
  const [name, extra] = positionals;
  if (verb === 'dead-letters') {
    const unknown = name ?? (id === undefined ? undefined : '--id') ?? (all ? '--all' : undefined);
    if (unknown !== undefined)
      throw new Wrong(`dead-letters does not know what to do with "${unknown}".`);
    return { type: 'list', ...place };
  }
  const queue = workQueues.find((each) => each === name);
  if (!queue) throw new Wrong(`redrive takes a queue: ${workQueues.join(', ')}.`);
  if (extra !== undefined) throw new Wrong(`redrive does not know what to do with "${extra}".`);
  if (all === (id !== undefined)) throw new Wrong('redrive takes --all, or --id and one id.');
  return { type: 'redrive', queue, ...(id === undefined ? {} : { id }), ...place };
}

function parse(words: readonly string[]) {
  const [text, flag] = [{ type: 'string' } as const, { type: 'boolean' } as const];
  const options = { stage: text, state: text, id: text, all: flag, json: flag };
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: true });
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ');
    throw new Wrong(`${sentence.replace(/\.$/, '')}.`);
  }
}
