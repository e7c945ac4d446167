/** `npm run ops -- reconcile`: whether money adds up, as a report that an auditor can read; or a pass of the present. */
import { parseArgs } from 'node:util';
import type { ReconcileAnswer, ReconcileEvent } from '#wire/reconciliation-report.ts';
import { accountLines, reportLines } from './reconcile-report.ts';
import { Wrong } from './wrong.ts';

export const reconcileWords: readonly string[] = ['reconcile'];

export type ReconcilePorts = {
  reach(where: { stage: string; stateFolder?: string }): Promise<{
    ask(event: ReconcileEvent): Promise<ReconcileAnswer>;
  }>;
  say(line: string): void;
  /** Progress goes here, too. */
  complain(line: string): void;
  pause(ms: number): Promise<void>;
};

type Wish = {
  stage: string;
  stateFolder?: string;
  day?: string;
  account?: string;
  isNow: boolean;
  isWhole: boolean;
  json: boolean;
};

const stages: readonly string[] = ['local', 'dev', 'prod'];
/** Each step works for a quarter of a minute: a million accounts take about an hour. */
const stepsAtMost = 1_000;
/** Somebody else works on the same pass. */
const waitMs = 1_000;

/** Answers the exit code: 0 it adds up, 1 it does not (or nobody knows), 2 not understood. */
export async function tellReconciliation(
  words: readonly string[],
  ports: ReconcilePorts,
): Promise<number> {
  const isJson = words.includes('--json');
  try {
    const wish = readReconcileWish(words);
    const { ask } = await ports.reach(wish);
    if (wish.account !== undefined) return await tellAccount(ask, wish.account, wish.json, ports);
    const answer = wish.isNow
      ? await passNow(ask, wish, ports)
      : await ask({ type: 'report', ...(wish.day === undefined ? {} : { name: wish.day }) });
    const isFinished = answer.pass?.place.phase === 'finished';
    const ok = isFinished && answer.open.length === 0;
    if (wish.json) ports.say(JSON.stringify({ ok, ...answer }));
    else for (const line of reportLines(answer, wish.day)) ports.say(line);
    return ok ? 0 : 1;
  } catch (error) {
    const { message } = error as Error;
    if (isJson) ports.say(JSON.stringify({ ok: false, error: message }));
    else if (error instanceof Wrong) ports.complain(`${message}\nSee: npm run ops -- --help`);
    else ports.complain(message);
    return error instanceof Wrong ? 2 : 1;
  }
}

export function readReconcileWish(words: readonly string[]): Wish {
  const { day, account, now = false, whole = false, ...others } = parse(words);
  const { stage = 'local', state, json = false } = others;
  if (!stages.includes(stage))
    throw new Wrong(`There is no stage "${stage}", only ${stages.join(', ')}.`);
  if (state !== undefined && stage !== 'local')
    throw new Wrong('--state is of a local cloud only.');
  if (day !== undefined && now) throw new Wrong('Either --day or --now.');
  if (account !== undefined && (now || day !== undefined))
    throw new Wrong('An account is compared with the vault as it is now: --account stands alone.');
  if (account !== undefined && !/^0x[0-9a-fA-F]{40}$/.test(account))
    throw new Wrong(`"${account}" is no address.`);
  if (whole && !now) throw new Wrong('--whole is of a pass that is made --now.');
  if (day !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(day))
    throw new Wrong(`"${day}" is no day: they are written like 2026-01-31 (UTC).`);
  return {
    ...{ stage, isNow: now, isWhole: whole, json },
    ...(day === undefined ? {} : { day }),
    ...(account === undefined ? {} : { account }),
    ...(state === undefined ? {} : { stateFolder: state }),
  };
}

function parse(words: readonly string[]) {
  const [, ...rest] = words;
  try {
    const { values } = parseArgs({
      args: rest,
      strict: true,
      options: {
        day: { type: 'string' },
        account: { type: 'string' },
        now: { type: 'boolean' },
        whole: { type: 'boolean' },
        stage: { type: 'string' },
        state: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ');
    throw new Wrong(
      `${sentence.replace(/\.$/, '')}; reconcile takes --day, --account, --now, --whole, --stage, --state and --json.`,
    );
  }
}

/** 0 where the vault holds what the ledger says, to the atom. */
async function tellAccount(
  ask: (event: ReconcileEvent) => Promise<ReconcileAnswer>,
  account: string,
  json: boolean,
  { say, complain }: ReconcilePorts,
): Promise<number> {
  const { vaultAccount } = await ask({ type: 'account', account: account.toLowerCase() });
  const ok = vaultAccount?.every((each) => each.vaultAtoms === each.expectedAtoms) === true;
  if (json) say(JSON.stringify({ ok, ...(vaultAccount ? { vaultAccount } : {}) }));
  else if (!vaultAccount) complain('This stage has no vault to compare with.');
  else for (const line of accountLines(account, vaultAccount)) say(line);
  return ok ? 0 : 1;
}

async function passNow(
  ask: (event: ReconcileEvent) => Promise<ReconcileAnswer>,
  { isWhole: whole }: Wish,
  { complain, pause }: ReconcilePorts,
): Promise<ReconcileAnswer> {
  let answer = await ask({ type: 'reconcile_now', anew: true, whole });
  for (let steps = 1; steps < stepsAtMost; steps += 1) {
    if (answer.pass?.place.phase === 'finished') return answer;
    complain(progressOf(answer));
    await pause(waitMs);
    answer = await ask({ type: 'reconcile_now', anew: false, whole });
  }
  throw new Error('It is not finished yet: the same again goes on with it.');
}

function progressOf({ pass }: ReconcileAnswer): string {
  if (!pass) return 'begins …';
  const { place, accounts, entries } = pass;
  switch (place.phase) {
    case 'waiting':
      return `waits: ${place.why}`;
    case 'runs':
      return `runs of ${place.groupId} …`;
    default:
      return `${accounts} accounts, ${entries} entries …`;
  }
}
