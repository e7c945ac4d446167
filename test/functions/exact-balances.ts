/** Asks for balances while the world goes on between any two reads, and holds the answer against what the account truly has. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { isRefused } from '#cloud/http-edge.ts';
import { assert } from '#domain/assertion.ts';
import type { CreditView } from '#wire/matcher-api.ts';
import type { BalancesJson } from '#wire/rest-api.ts';
import { showBalances } from '../../functions/accounts/balances.ts';
import { fixedDirectory } from './demo-catalog.ts';
import {
  accounts,
  assets,
  groups,
  MoneyWorld,
  type Step,
  stepNames,
  type WorldLedger,
} from './money-world.ts';

const step = fc.record({ what: fc.constantFrom(...stepNames), n: fc.nat(10_000) });
const steps = (maxLength: number) => fc.array(step, { maxLength, size: 'max' });
/** What happens before a read of balances, and within it. */
export const history = fc.array(fc.record({ before: steps(30), within: steps(30) }), {
  minLength: 1,
  maxLength: 8,
  size: 'max',
});
type History = { before: Step[]; within: Step[] }[];

export type Told = { answered: number; onTheirWay: number };

/** Runs a history to its end; the tally says how often the answer was not simply what ledger and matchers hold. */
export async function holdsThroughout(ledger: WorldLedger, told: History): Promise<Told> {
  const world = new MoneyWorld(ledger);
  const tally: Told = { answered: 0, onTheirWay: 0 };
  for (const [at, { before, within }] of told.entries()) {
    for (const each of before) await world.take(each);
    const account = accounts[at % 2] ?? '';
    const left = [...within];
    // The steps run out, so a read that was passed too often is answered in the end.
    while (!(await readOnce(world, account, left, tally)))
      expect(left.length).toBeLessThan(within.length);
    for (const each of left) await world.take(each);
  }
  return tally;
}

/** So many that a return, its clearing and the next grant fit between two reads. */
const stepsBetweenReads = 5;

/** One request; false where the exchange asked to try again. */
async function readOnce(
  world: MoneyWorld,
  account: string,
  later: Step[],
  tally: Told,
): Promise<boolean> {
  // The groups are asked side by side, but a group's journal has one consumer: steps are taken one after another.
  let going = Promise.resolve();
  const goOn = () => {
    going = going.then(async () => {
      for (const next of later.splice(0, stepsBetweenReads)) await world.take(next);
    });
    return going;
  };
  const seen = new Map<string, ReturnType<MoneyWorld['view']>>();
  let told: Awaited<ReturnType<MoneyWorld['balances']>> | undefined;
  const askMatcher = async (groupId: string) => {
    await goOn();
    const view = world.view(groupId, account);
    seen.set(groupId, view);
    await goOn();
    return view.view;
  };
  const balances = async () => {
    await goOn();
    told = await world.balances(account);
    await goOn();
    return told.ledger;
  };
  const markets = fixedDirectory(new Map(), assets);
  const ports = { markets, groups, matchers: { account: askMatcher }, ledger: { balances } };
  const answer = await showBalances({ account, expiresAtMs: 0 }, ports);
  if (isRefused(answer)) return false;
  assert(told, 'the ledger was not asked');
  const views = [...seen.values()];
  const visible = (asset: string) =>
    sumOf(views.flatMap(({ view }) => view.credit).filter((line) => line.asset === asset));
  for (const { asset, free, held, total } of (answer.body as BalancesJson).balances) {
    const key = `${account} ${asset}`;
    const trades = views.map(({ traded }) => traded.get(key) ?? 0n);
    const truth = trades.reduce((sum, each) => sum + each, told.deposited.get(key) ?? 0n);
    const bound = visible(asset).held;
    expect({ asset, free, held, total }).toEqual({
      asset,
      free: String(truth - bound),
      held: String(bound),
      total: String(truth),
    });
    const available = told.ledger.find((each) => each.asset === asset)?.available ?? 0n;
    tally.answered += 1;
    if (truth !== available + visible(asset).free + bound) tally.onTheirWay += 1;
  }
  return true;
}

const sumOf = (lines: CreditView[]) => ({
  free: lines.reduce((sum, { freeUnits }) => sum + BigInt(freeUnits), 0n),
  held: lines.reduce((sum, { heldUnits }) => sum + BigInt(heldUnits), 0n),
});
