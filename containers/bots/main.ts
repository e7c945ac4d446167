/** Demo traders: two market makers and a taker with their own keys, which speak the public API and nothing else. */
import { Crossbook } from '#client/crossbook.ts';
import { depositGifts } from '#client/funding.ts';
import { settingNames } from '#wire/setting-names.ts';
import { type Bot, runBot, waitUnless } from './bot.ts';
import { createFairPrices } from './fair-price.ts';
import type { Gift } from './funding.ts';
import { createMaker, type MakerOptions } from './maker.ts';
import { seededRandom } from './seeded-random.ts';
import { createTaker } from './taker.ts';
import { createTally } from './tally.ts';
import { walletOf } from './wallets.ts';

function needed(name: keyof typeof settingNames): string {
  const value = process.env[settingNames[name]];
  if (!value) throw new Error(`the environment lacks ${settingNames[name]}`);
  return value;
}

const apiUrl = needed('apiUrl');
const seed = needed('botSeed');
const paceMs = Number(process.env[settingNames.botPaceMs] ?? 2_000);
const now = Date.now;
const tally = createTally();

/** A bot's own: its account, and how what the faucet mints gets there. */
function accountOf(name: string) {
  const wallet = walletOf(seed, name);
  const exchange = new Crossbook({ apiUrl, signer: wallet });
  const deposit = (gifts: readonly Gift[]) => depositGifts(exchange, wallet, gifts);
  return { name, exchange, deposit };
}

const fairPrice = createFairPrices({ exchange: new Crossbook({ apiUrl }), seed, now });

const steady = { layers: 3, halfSpreadBps: 6, layerBps: 8, layerQuote: 600, skewBps: 20 };
const wide = { layers: 3, halfSpreadBps: 12, layerBps: 12, layerQuote: 1_500, skewBps: 30 };

const maker = (
  name: string,
  style: Omit<MakerOptions['style'], 'toleranceBps' | 'moves' | 'icebergParts'>,
) =>
  createMaker({
    ...accountOf(name),
    fairPrice,
    style: { ...style, toleranceBps: 4, moves: 2, icebergParts: 4 },
    paceMs,
    tally,
    now,
  });

const bots: Bot[] = [
  maker('steady maker', steady),
  maker('wide maker', wide),
  createTaker({
    ...accountOf('taker'),
    paceMs: paceMs * 1.5,
    random: seededRandom(`${seed} taker`),
    tally,
    now,
  }),
];

const say = (message: string, more: object = {}) =>
  console.log(
    JSON.stringify({ level: 'INFO', message, timestamp: new Date().toISOString(), ...more }),
  );

const report = setInterval(() => {
  const counts = tally.take();
  if (counts) say('the bots of the last minute', counts);
}, 60_000);

const stop = new AbortController();
const running = bots.map((bot) =>
  runBot(bot, { signal: stop.signal, tally, random: Math.random, wait: waitUnless }),
);
say('the bots begin', { bots: bots.map(({ name }) => name), apiUrl, paceMs });

const within = (ms: number, work: Promise<unknown>) =>
  Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))]);

/** A container that is told to stop has little time: quotes that cannot be cancelled in it expire by themselves. */
async function shutDown(): Promise<void> {
  stop.abort();
  clearInterval(report);
  // First what is under way, or a placement could land after its maker has withdrawn.
  await within(400, Promise.all(running));
  await within(900, Promise.allSettled(bots.map((bot) => bot.withdraw())));
  say('the bots end', tally.take() ?? {});
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    shutDown().catch(() => process.exit(0));
  });
}
