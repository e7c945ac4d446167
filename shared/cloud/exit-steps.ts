/**
 * Takes an exit as far as it goes now. Asked for on the chain, so much of the account's money is claimed in the ledger, its orders
 * are cancelled and its credit comes home, so that settlement has long moved what was matched when the vault pays. Paid for good,
 * the ledger loses exactly that; given up or gone, all returns. Each step may die and come again: ids and conditions see to it.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import { dustOf, dustWrites, paidFrom } from './chain-dust.ts';
import type { Clock } from './clock.ts';
import {
  changeExit,
  type Exit,
  type ExitPlan,
  exitPaid,
  isPaid,
  openExits,
  paidExit,
  readExit,
} from './exit-store.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { Withdrawal } from './ledger-withdrawals.ts';
import { transact } from './transaction.ts';

export type ExitPorts = {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  ledger: Pick<
    LedgerStore,
    'balances' | 'withdrawal' | `${'demand' | 'hold' | 'finish' | 'return'}Withdrawal`
  >;
  assets: () => Promise<readonly Asset[]>;
  /** Cancels the account's orders in all groups; false where one of them did not answer. */
  cancelOrders: (account: string, seed: string) => Promise<boolean>;
  callBack: (called: { account: string; asset: string }) => Promise<void>;
  clock: Pick<Clock, 'nowMs'>;
};

/** More claims than an account's deposits during a delay make worth it. */
const partsAtMost = 20;
const stepsAtMost = 60;
/** While credit is out, matchers are asked for it so often. */
const callEveryMs = 10_000;

/** The exit where it stands when nothing more can be done now. */
export async function advanceExit(ports: ExitPorts, id: string): Promise<Exit> {
  for (let steps = 0; ; steps += 1) {
    const exit = await readExit(ports, id);
    assert(exit, `exit ${id} is gone`);
    if (steps === stepsAtMost || !(await step(ports, exit))) return exit;
  }
}

/** Whether it may go on at once. */
function step(ports: ExitPorts, exit: Exit): Promise<boolean> {
  switch (exit.status) {
    case 'requested':
      return collect(ports, exit);
    case 'finalized':
      return plan(ports, exit);
    case 'paying':
      return pay(ports, exit);
    case 'abandoned':
    case 'vanished':
      return giveUp(ports, exit);
    case 'over':
      return Promise.resolve(false);
  }
}

const withdrawalIdOf = ({ id }: Exit, part: number): string =>
  part === 0 ? `exit:${id}` : `exit:${id}:${part + 1}`;

async function assetOf({ assets }: ExitPorts, { chainAsset }: Exit): Promise<Asset | undefined> {
  return (await assets()).find((asset) => asset.chainAsset === chainAsset);
}

/** Claims what the account has, as far as it was asked for; then brings it home. */
async function collect(ports: ExitPorts, exit: Exit): Promise<boolean> {
  const asset = await assetOf(ports, exit);
  if (asset) {
    await holdParts(ports, exit, asset);
    if (await claimMore(ports, exit, asset)) return true;
  }
  const nowMs = ports.clock.nowMs();
  if (nowMs < exit.callAgainAtMs) return false;
  const isOut = asset !== undefined && (await creditIsOut(ports, exit, asset));
  if (exit.ordersCancelled && !isOut) return false;
  const seed = `exit:${exit.id}:${Math.floor(nowMs / callEveryMs)}`;
  const ordersCancelled = (await ports.cancelOrders(exit.account, seed)) || exit.ordersCancelled;
  if (asset && isOut) {
    await ports.callBack({ account: exit.account, asset: asset.id });
    await holdParts(ports, exit, asset);
  }
  const callAgainAtMs = nowMs + callEveryMs;
  await changeExit(ports, exit, { ordersCancelled, callAgainAtMs });
  return false;
}

async function claimMore(ports: ExitPorts, exit: Exit, asset: Asset): Promise<boolean> {
  const claims = exit.parts.slice(exit.released);
  const balance = await balanceOf(ports, exit, asset);
  const dustAtoms = await dustOf(ports, exit.account, asset.id);
  const perUnit = atomsPerUnit(asset);
  // Rounded up: what the vault pays of a unit takes the whole of it.
  const wanted = exit.atoms > dustAtoms ? (exit.atoms - dustAtoms + perUnit - 1n) / perUnit : 0n;
  const lacking = wanted - claims.reduce((sum, units) => sum + units, 0n);
  const isCovered = lacking <= 0n;
  if (isCovered !== exit.isCovered) {
    await changeExit(ports, exit, { isCovered });
    return true;
  }
  const unclaimed = balance.available + balance.out - balance.demanded;
  const units = lacking < unclaimed ? lacking : unclaimed;
  if (units <= 0n || claims.length >= partsAtMost) return false;
  // Noted first, demanded next: whoever ends the exit knows of it.
  await changeExit(ports, exit, { parts: [...exit.parts, units] });
  return true;
}

async function balanceOf({ ledger }: ExitPorts, { account }: Exit, asset: Asset) {
  const balances = await ledger.balances(account);
  const balance = balances.find((each) => each.asset === asset.id);
  const out = (balance?.credit ?? []).reduce((sum, each) => sum + each.frozen + each.pending, 0n);
  return { available: balance?.available ?? 0n, demanded: balance?.demanded ?? 0n, out };
}

/** Whether what was claimed waits for credit that is with a matcher. */
async function creditIsOut(ports: ExitPorts, exit: Exit, asset: Asset): Promise<boolean> {
  const parts = (await partsOf(ports, exit)).slice(exit.released);
  if (parts.every((part) => part?.heldAtMs !== undefined)) return false;
  return (await balanceOf(ports, exit, asset)).out > 0n;
}

const partsOf = (ports: ExitPorts, exit: Exit): Promise<(Withdrawal | undefined)[]> =>
  Promise.all(exit.parts.map((_, part) => ports.ledger.withdrawal(withdrawalIdOf(exit, part))));

type Part = { asset: Asset; part: number };

async function demand(ports: ExitPorts, exit: Exit, { asset, part }: Part): Promise<void> {
  const { status } = await ports.ledger.demandWithdrawal(requestOf(ports, exit, { asset, part }));
  assert(status === 'created' || status === 'exists', `exit ${exit.id} is demanded: ${status}`);
}

function requestOf({ clock }: ExitPorts, exit: Exit, { asset, part }: Part) {
  const units = (exit.parts[part] ?? 0n) as Units;
  const withdrawalId = withdrawalIdOf(exit, part);
  return { withdrawalId, account: exit.account, asset: asset.id, units, atMs: clock.nowMs() };
}

async function holdParts(ports: ExitPorts, exit: Exit, asset: Asset): Promise<void> {
  for (const [part, known] of (await partsOf(ports, exit)).entries()) {
    if (part < exit.released || (known && known.status !== 'demanded')) continue;
    await demand(ports, exit, { asset, part });
    const request = requestOf(ports, exit, { asset, part });
    const { status } = await ports.ledger.holdWithdrawal(request);
    // Somebody ended the exit since it was read; or its credit is not home yet.
    if (status === 'withdrawal_is_returned' || status === 'balance_too_low') continue;
    assert(status === 'created' || status === 'exists', `exit ${exit.id} is held: ${status}`);
  }
}

/** What the vault paid, in units and dust, and which withdrawals make it up: decided once, with the dust. */
async function plan(ports: ExitPorts, exit: Exit): Promise<boolean> {
  const { paidAtoms } = exit;
  assert(paidAtoms !== undefined, `exit ${exit.id} was paid nobody knows what`);
  const asset = await assetOf(ports, exit);
  if (!asset) {
    // Nothing of it was ever in the ledger.
    await changeExit(ports, exit, { status: 'over' });
    return false;
  }
  await holdParts(ports, exit, asset);
  const dustAtoms = await dustOf(ports, exit.account, asset.id);
  const paid = paidFrom(asset, { dustAtoms, paidAtoms });
  const decided: ExitPlan = { finish: [], giveBack: [] };
  let left = paid.units;
  for (const [part, known] of (await partsOf(ports, exit)).entries()) {
    const isOurs = part >= exit.released && known?.status === 'held';
    const fits = isOurs && known.units <= left;
    if (fits) left -= known.units;
    (fits ? decided.finish : decided.giveBack).push(withdrawalIdOf(exit, part));
  }
  if (left > 0n) decided.paid = { withdrawalId: `exit:${exit.id}:paid`, units: left };
  const dust = dustWrites(
    ports.table,
    { account: exit.account, asset: asset.id },
    dustAtoms,
    paid.dustAtoms,
  );
  await changeExit(ports, exit, { status: 'paying', plan: decided }, dust);
  return true;
}

async function pay(ports: ExitPorts, exit: Exit): Promise<boolean> {
  const { ledger, clock } = ports;
  const asset = await assetOf(ports, exit);
  assert(asset && exit.plan, `exit ${exit.id} has no plan`);
  const { finish, giveBack, paid } = exit.plan;
  for (const withdrawalId of finish) await finished(ports, withdrawalId);
  const request = paid && {
    ...{ withdrawalId: paid.withdrawalId, units: paid.units as Units },
    ...{ account: exit.account, asset: asset.id, atMs: clock.nowMs() },
  };
  // Before anything returns, so that nobody else is granted it.
  if (request) await ledger.demandWithdrawal(request);
  await returnParts(ports, exit, asset, giveBack);
  if (request) {
    let { status } = await ledger.holdWithdrawal(request);
    if (status === 'balance_too_low') {
      await releaseOthers(ports, exit, asset);
      if (!exit.ordersCancelled) await ports.cancelOrders(exit.account, `exit:${exit.id}`);
      await ports.callBack({ account: exit.account, asset: asset.id });
      ({ status } = await ledger.holdWithdrawal(request));
    }
    if (status === 'balance_too_low') return false;
    assert(status === 'created' || status === 'exists', `exit ${exit.id} was paid: ${status}`);
    await finished(ports, request.withdrawalId);
  }
  await changeExit(ports, exit, { status: 'over' });
  return false;
}

/**
 * The vault paid by what other exits of the account claim: they will find less there, and let go. Noted first, so that nobody
 * counts on a claim that is about to return.
 */
async function releaseOthers(ports: ExitPorts, paid: Exit, asset: Asset): Promise<void> {
  for (const other of await openExits(ports)) {
    const { id, account, chainAsset, status, parts, released } = other;
    const isRival = id !== paid.id && account === paid.account && chainAsset === paid.chainAsset;
    if (!isRival || status !== 'requested') continue;
    const letGo = { released: parts.length, isCovered: false };
    if (released < parts.length && !(await changeExit(ports, other, letGo))) continue;
    const ids = parts.map((_, part) => withdrawalIdOf(other, part));
    await returnParts(ports, other, asset, ids);
  }
}

async function finished({ ledger, clock }: ExitPorts, withdrawalId: string): Promise<void> {
  const { status } = await ledger.finishWithdrawal({ withdrawalId, atMs: clock.nowMs() });
  assert(status === 'created' || status === 'exists', `${withdrawalId} has left: ${status}`);
}

/** Demanded first: whoever is late with a demand of his own finds it ended. */
async function returnParts(
  ports: ExitPorts,
  exit: Exit,
  asset: Asset,
  ids: readonly string[],
): Promise<void> {
  for (const [part] of exit.parts.entries()) {
    const withdrawalId = withdrawalIdOf(exit, part);
    if (!ids.includes(withdrawalId)) continue;
    await demand(ports, exit, { asset, part });
    const { status } = await ports.ledger.returnWithdrawal({
      withdrawalId,
      atMs: ports.clock.nowMs(),
    });
    assert(status === 'created' || status === 'exists', `${withdrawalId} returns: ${status}`);
  }
}

async function giveUp(ports: ExitPorts, exit: Exit): Promise<boolean> {
  const asset = await assetOf(ports, exit);
  const ids = exit.parts.map((_, part) => withdrawalIdOf(exit, part));
  if (asset) await returnParts(ports, exit, asset, ids);
  await changeExit(ports, exit, { status: 'over' });
  return false;
}

export type ExitEnd =
  /** `paidBy` names the log: one that a deep reorg brings again was paid before. */
  { status: 'finalized'; paidAtoms: bigint; paidBy: string } | { status: 'abandoned' };

/** What the chain says for good of an exit; any number of times. */
export async function endExit(
  ports: Pick<ExitPorts, 'client' | 'table' | 'clock'>,
  exitId: bigint,
  end: ExitEnd,
): Promise<void> {
  const open = await openExits(ports);
  const exit = open.find(
    (each) => each.exitId === exitId && each.status === 'requested' && each.goneBlock === undefined,
  );
  if (!exit) return;
  const endedAtMs = ports.clock.nowMs();
  if (end.status === 'abandoned') await changeExit(ports, exit, { status: 'abandoned', endedAtMs });
  else if (await isPaid(ports, end.paidBy)) {
    // The ledger has lost it once; this claim of it returns.
    await changeExit(ports, exit, { status: 'abandoned', endedAtMs });
  } else {
    const { status, paidAtoms, paidBy } = end;
    const also = [exitPaid(ports.table, paidBy)];
    await changeExit(ports, exit, { status, paidAtoms, endedAtMs }, also);
  }
  // Where somebody claimed more of it in this moment, it is still open.
  await endExit(ports, exitId, end);
}

/**
 * A whole balance that a frozen vault paid, asked for by nobody: an exit that begins with its payment. It is booked as soon as the
 * ledger has it again, for what was matched and never settled is taken back first.
 */
export async function exitOfFrozen(
  ports: Pick<ExitPorts, 'client' | 'table' | 'clock'>,
  exit: Pick<Exit, 'account' | 'chainAsset' | 'atoms' | 'blockNumber'> & {
    paidBy: string;
    atMs: number;
  },
): Promise<void> {
  const { client, table, clock } = ports;
  const { paidBy, atMs, atoms } = exit;
  const request = { ...exit, requestedAtMs: atMs, exitId: 0n };
  const ended = { status: 'finalized' as const, paidAtoms: atoms, endedAtMs: clock.nowMs() };
  const { status } = await transact(client, paidExit(table, `frozen:${paidBy}`, request, ended));
  // Otherwise it is there already.
  assert(status === 'written' || (await isPaid(ports, paidBy)), `${paidBy} is not kept`);
}

/** Exits that a reorg took away, and a final block where they were. */
export async function endVanished(
  ports: Pick<ExitPorts, 'client' | 'table' | 'clock'>,
  finalNumber: number,
): Promise<void> {
  for (const exit of await openExits(ports)) {
    if (exit.status !== 'requested' || exit.goneBlock === undefined) continue;
    if (exit.goneBlock > finalNumber) continue;
    await changeExit(ports, exit, { status: 'vanished', endedAtMs: ports.clock.nowMs() });
  }
}
