/** A drill: an exchange under load of signed orders, a harm, and then the question whether everything that clients were told is so. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../containers/bots/seeded-random.ts';
import { synthesize } from '../../local/synthesize.ts';
import { endProcessesOf } from '../left-behind.ts';
import { eventually } from '../system/waiting.ts';
import { audit } from './audit.ts';
import { Client } from './client.ts';
import type { Differences } from './compare.ts';
import { bootDrilled, type DrilledExchange, killNow } from './drilled-exchange.ts';
import { type FaultyKinesis, startFaultyKinesis } from './kinesis-fault.ts';
import { startLoad } from './load.ts';
import { Told } from './told.ts';

export type Drill = {
  /** What it does and what it proves, in one sentence. */
  about: string;
  /** Puts Kinesis behind a proxy that the harm commands. */
  faultyKinesis?: true;
  /** Does the harm and resolves when it is over; throws where it had no effect, because the drill would then prove nothing. */
  harm(scene: Scene): Promise<void>;
};

export type Scene = {
  exchange: DrilledExchange;
  /** For drills that ask for it. */
  kinesis: FaultyKinesis | undefined;
  random: () => number;
  /** How long a harm that lasts should last. */
  forMs: number;
  say: (text: string) => void;
  /** Run at the end, whatever happens. */
  atEnd: (act: () => Promise<void> | void) => void;
};

export type DrillOptions = {
  seconds: number;
  commandsPerSec: number;
  seed: string;
  say: (text: string) => void;
  /** Skips synthesis. */
  assembly?: string;
  clients?: number;
  /** Matchers of a pair group: one leads, the others stand by. */
  tasks: number;
};

export type Report = Differences & { unavailableMs: number };

const root = fileURLToPath(new URL('../..', import.meta.url));
const usualClients = 8;
/** One in so many returns its credit with every order; the others keep it in the matcher, as market makers do. */
const exactOneIn = 4;
/** First orders wait for their accounts' first grants: the load flows when so many commands were accepted. */
const warmUpCommands = 40;
const warmUpMs = 60_000;
/** Under load, after the harm: what comes back must carry on. */
const leastAfterMs = 3_000;

export async function perform(drill: Drill, options: DrillOptions): Promise<Report> {
  const { say } = options;
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-drill-'));
  const endings: (() => Promise<void> | void)[] = [];
  const stateFolder = join(folder, 'state');
  let keeps = false;
  const clear = () => {
    killNow(stateFolder);
    endProcessesOf(folder);
    // What went wrong is found in there.
    if (!keeps) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  process.on('exit', clear);
  try {
    const kinesis = drill.faultyKinesis && (await startFaultyKinesis(join(folder, 'kinesis')));
    if (kinesis) endings.unshift(() => kinesis.stop());
    const exchange = await bootDrilled({
      ...{ stateFolder, tasks: options.tasks },
      assembly: options.assembly ?? (await synthesized(folder, say)),
      ...(kinesis ? { env: { CROSSBOOK_LOCAL_KINESIS: kinesis.url } } : {}),
    });
    await exchange.healthy();
    await exchange.standingBy();
    const others = options.tasks - 1;
    say(`booted: every pair group is led, ${others} stand${others === 1 ? 's' : ''} by`);
    const atEnd = (act: () => Promise<void> | void) => void endings.unshift(act);
    const random = seededRandom(options.seed);
    const scene = { exchange, kinesis, random, say, atEnd, forMs: (options.seconds * 1_000) / 3 };
    const report = await harmUnderLoad(drill, scene, options);
    await exchange.stop();
    keeps = report.lost.length + report.doubled.length + report.unsettled.length > 0;
    return report;
  } catch (error) {
    keeps = true;
    throw error;
  } finally {
    for (const end of endings) await end();
    process.off('exit', clear);
    clear();
    if (keeps) say(`logs and data are kept in ${folder}`);
  }
}

async function synthesized(folder: string, say: (text: string) => void): Promise<string> {
  return synthesize({
    root,
    stage: 'local',
    stateFolder: join(folder, 'synthesis'),
    progress: say,
  });
}

async function harmUnderLoad(drill: Drill, scene: Scene, options: DrillOptions): Promise<Report> {
  const { exchange, say, random } = scene;
  const { seconds, commandsPerSec } = options;
  const told = new Told();
  const { clients, deposits } = await arrive(exchange, told, options.clients ?? usualClients);
  scene.atEnd(() => {
    for (const client of clients) client.close();
  });
  say(`${clients.length} clients with funds send ${commandsPerSec} commands a second`);
  const load = startLoad({ clients, told, commandsPerSec, random });
  const flows = () => told.acceptedCount >= warmUpCommands;
  await eventually('the load to flow', flows, warmUpMs, () => `: ${codesSentence(told)}`);
  const beganMs = performance.now();
  await sleep((seconds * 1_000) / 3);
  const before = told.acceptedCount;
  const calm = told.longestGapMs({ fromMs: beganMs, toMs: performance.now() });
  say(
    `${before} commands were accepted so far, with ${calm} ms between two of a pair group at most`,
  );
  await drill.harm(scene);
  say(`healthy again after another ${await exchange.healthy()} ms`);
  await sleep(Math.max(leastAfterMs, beganMs + seconds * 1_000 - performance.now()));
  const span = { fromMs: beganMs, toMs: performance.now() };
  await load.stop();
  say(toldSentence(told, before));
  if (told.acceptedCount === before) throw new Error('nothing was accepted after the harm');
  const found = await audit({ exchange, told, clients, deposits, say });
  return { ...found, unavailableMs: told.longestGapMs(span) };
}

async function arrive(exchange: DrilledExchange, told: Told, count: number) {
  const { apiUrl, webSocketUrl } = exchange;
  const deposits = new Map<string, bigint>();
  const clients = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const sticky = at % exactOneIn !== 0;
      const client = await Client.arrive({ apiUrl, webSocketUrl, told, sticky });
      for (const [key, units] of await client.fund()) deposits.set(key, units);
      return client;
    }),
  );
  return { clients, deposits };
}

/** How often each answer was given. */
function codesSentence({ sent }: Told): string {
  const counts = new Map<string, number>();
  for (const { answers } of sent)
    for (const answer of answers) {
      const name = answer.type === 'accepted' ? answer.type : `${answer.type} ${answer.code}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  const told = [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
  return `${sent.length} commands, answered ${told || 'nothing'}`;
}

function toldSentence(told: Told, before: number): string {
  const answers = told.sent.flatMap((sent) => sent.answers);
  const count = (type: string) => answers.filter((each) => each.type === type).length;
  const accepted = told.acceptedCount;
  return (
    `${told.sent.length} commands: ${accepted} accepted (${accepted - before} since the harm), ${count('refused')} refused; ` +
    `on the way ${count('nothing_taken')} times "nothing taken", ${count('nobody_knows')} times no answer; ` +
    `${told.fills.length} fills and ${told.ends.length} ends of orders were told`
  );
}
