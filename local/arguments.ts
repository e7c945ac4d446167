/** The command line of `npm start`. */
import { parseArgs } from 'node:util';

export type Arguments = {
  isFresh: boolean;
  isVerbose: boolean;
  stage: string;
  port: number;
  /** Where state is kept, when not in `.local`. */
  state: string | undefined;
  /** An assembly that is there already; nothing is synthesized. */
  assembly: string | undefined;
  /** Container services that are not started: those with one of these words in their name. */
  without: string[];
  /** Tasks of the container services with one of these words in their name, where not as many as the template says. */
  tasks: { service: string; count: number }[];
};

const DEFAULT_PORT = 8080;

export const USAGE =
  'npm start [-- --fresh] [--port N] [--stage NAME] [--state FOLDER] [--assembly FOLDER] [--without SERVICE] [--tasks SERVICE=N] [--verbose]';

/** Throws one sentence for what it does not understand. */
export function readArguments(words: string[]): Arguments {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(words);
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    throw new Error(`${sentence}. Usage: ${USAGE}`);
  }
  const port = Number(values.port ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_533) {
    throw new Error(`--port takes a number from 0 (any free ports) to 65533, not ${values.port}.`);
  }
  return {
    isFresh: values.fresh === true,
    isVerbose: values.verbose === true,
    stage: values.stage ?? 'local',
    port,
    state: values.state,
    assembly: values.assembly,
    without: values.without ?? [],
    tasks: (values.tasks ?? []).map(readTasks),
  };
}

function parse(words: string[]) {
  const options = {
    fresh: { type: 'boolean' },
    verbose: { type: 'boolean' },
    stage: { type: 'string' },
    port: { type: 'string' },
    state: { type: 'string' },
    assembly: { type: 'string' },
    without: { type: 'string', multiple: true },
    tasks: { type: 'string', multiple: true },
  } as const;
  return parseArgs({ args: words, options, strict: true }).values;
}

function readTasks(text: string): Arguments['tasks'][number] {
  const [, service = '', count = ''] = /^([\w-]+)=([1-9])$/.exec(text) ?? [];
  if (service === '')
    throw new Error(`--tasks takes SERVICE=N with N from 1 to 9, such as matcher=2, not ${text}.`);
  return { service, count: Number(count) };
}
