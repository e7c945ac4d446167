/** `npm run ops -- rebuild-ledger --verify`: the ledger built anew beside the live one, and every item of both compared. */
import { parseArgs } from 'node:util';
import { type RebuildPorts, type RebuildReport, rebuildLedger } from '#cloud/rebuild-ledger.ts';
import { isEmpty } from '#cloud/shadow-table.ts';
import { rebuildLines } from './rebuild-report.ts';
import { Wrong } from './wrong.ts';

export const rebuildWords: readonly string[] = ['rebuild-ledger'];

export type RebuildCommandPorts = {
  reach(where: {
    stage: string;
    stateFolder?: string;
  }): Promise<Omit<RebuildPorts, 'progress' | 'goesOn'> & { close(): void }>;
  /** Asks the person; undefined where nobody sits there. */
  ask(question: string): Promise<string | undefined>;
  say(line: string): void;
  /** Progress goes here, too. */
  complain(line: string): void;
  nowMs(): number;
  /** Set by Ctrl-C: it ends between two steps, and says so. */
  interrupted: AbortSignal;
};

type Wish = { stage: string; stateFolder?: string; yes: boolean; json: boolean };

const stages: readonly string[] = ['local', 'dev', 'prod'];
const progressEveryMs = 3_000;
const interruptedCode = 130;

/** Answers the exit code: 0 they are the same, 1 they are not (or nobody knows), 2 not understood, 130 interrupted. */
export async function rebuildBy(
  words: readonly string[],
  ports: RebuildCommandPorts,
): Promise<number> {
  const isJson = words.includes('--json');
  try {
    const wish = readRebuildWish(words);
    const report = await rebuild(wish, ports);
    if (wish.json) ports.say(JSON.stringify({ rebuild: 'ledger', ...report }));
    else for (const line of rebuildLines(report)) ports.say(line);
    if (!report.isWhole) return interruptedCode;
    return report.ok ? 0 : 1;
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown };
    const sentence =
      code === 'ECONNREFUSED' ? `Nothing answers (${message}): does the local cloud run?` : message;
    if (isJson) ports.say(JSON.stringify({ rebuild: 'ledger', ok: false, error: sentence }));
    else if (error instanceof Wrong) ports.complain(`${sentence}\nSee: npm run ops -- --help`);
    else ports.complain(sentence);
    return error instanceof Wrong ? 2 : 1;
  }
}

async function rebuild(
  wish: Wish,
  ports: RebuildCommandPorts,
): Promise<RebuildReport & { ms: number }> {
  const { close, ...places } = await ports.reach(wish);
  try {
    if (!wish.yes && !(await isEmpty(places.shadow))) await confirm(places.shadow.table, ports);
    const beganMs = ports.nowMs();
    let toldMs = beganMs;
    const progress = (line: string) => {
      if (ports.nowMs() - toldMs < progressEveryMs) return;
      toldMs = ports.nowMs();
      ports.complain(`… ${line}`);
    };
    const goesOn = () => !ports.interrupted.aborted;
    const report = await rebuildLedger({ ...places, progress, goesOn });
    return { ...report, ms: ports.nowMs() - beganMs };
  } finally {
    close();
  }
}

async function confirm(table: string, ports: RebuildCommandPorts): Promise<void> {
  const typed = await ports.ask(
    `The shadow table ${table} is not empty: everything in it will be deleted.\nType yes to empty it: `,
  );
  if (typed === undefined)
    throw new Wrong('The shadow table is not empty, and nobody can be asked here: add --yes.');
  if (typed.trim() !== 'yes') throw new Wrong('Nothing was done.');
}

export function readRebuildWish(words: readonly string[]): Wish {
  const { positionals, values } = parse(words.slice(1));
  const { stage = 'local', state } = values;
  const [extra] = positionals;
  if (extra !== undefined)
    throw new Wrong(`rebuild-ledger does not know what to do with "${extra}".`);
  if (values.verify !== true)
    throw new Wrong(
      'rebuild-ledger only ever builds beside the ledger and compares: say --verify.',
    );
  if (!stages.includes(stage))
    throw new Wrong(`There is no stage "${stage}", only ${stages.join(', ')}.`);
  if (state !== undefined && stage !== 'local')
    throw new Wrong('--state is of a local cloud only.');
  const stateFolder = state === undefined ? {} : { stateFolder: state };
  return { stage, ...stateFolder, yes: values.yes === true, json: values.json === true };
}

function parse(words: readonly string[]) {
  const [text, on] = [{ type: 'string' }, { type: 'boolean' }] as const;
  const options = { stage: text, state: text, verify: on, yes: on, json: on } as const;
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: true });
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ');
    throw new Wrong(`${sentence.replace(/\.$/, '')}.`);
  }
}
