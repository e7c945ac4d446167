/** What owners allowed and took back, held against every trade of the chain's simulation: limits of session keys, and what must not trade any more. */
import type { VaultAct } from '#cloud/vault-acts.ts';
import type { PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { GuardRound } from './chain-guarding.ts';
import { atomsOf, type ChainSimulationWorld } from './chain-world.ts';

type Act = Extract<VaultAct, { requestedAtMs: number }>;
type Trade = Extract<EngineEvent, { type: 'trade' }>;
type Traded = { order: PlaceOrder; trade: Trade; atMs: number };
/** What the exchange said of itself. */
export type Told = {
  rounds: readonly GuardRound[];
  /** Of a Delegation, as it was signed. */
  maxNotionalOf: (delegation: string) => bigint;
  /** The chain did: what was in no batch then is undone. */
  isFrozen: boolean;
};

const dayMs = 86_400_000;
/** The door's own memory is as old as that. */
const rememberedMs = 2_000;

export function auditActs(
  world: ChainSimulationWorld,
  acts: readonly Act[],
  { rounds, maxNotionalOf }: Told,
): string[] {
  const traded = sidesOf(world);
  const problems: string[] = [];
  for (const act of acts) {
    const round = rounds.find(({ throughMs }) => throughMs >= act.requestedAtMs);
    if (round) problems.push(...auditTakenBack(traded, act, round));
  }
  return [...problems, ...auditLimits(world, traded, maxNotionalOf)];
}

/** Both sides of every trade. */
function sidesOf({ groups }: ChainSimulationWorld): Traded[] {
  return groups.flatMap(({ frames }) => {
    const orders = new Map<string, PlaceOrder>();
    const traded: Traded[] = [];
    for (const { command, events } of frames.flatMap(({ outcomes }) => outcomes)) {
      if (command.type === 'place') orders.set(command.commandId, command);
      for (const trade of events) {
        if (trade.type !== 'trade') continue;
        for (const digest of [trade.makerDigest, trade.takerDigest]) {
          const order = orders.get(digest);
          if (order) traded.push({ order, trade, atMs: command.nowMs });
        }
      }
    }
    return traded;
  });
}

/** What rested when the guard acted trades no more; what was signed after it, and after the door could know, never does. */
function auditTakenBack(traded: readonly Traded[], act: Act, round: GuardRound): string[] {
  const { beganAtMs, endedAtMs } = round;
  return traded.flatMap(({ order, trade, atMs }) => {
    if (order.account !== act.account || !takes(act, order)) return [];
    const isOver = order.nowMs < beganAtMs && atMs > endedAtMs;
    const isNew = order.createdAtMs > endedAtMs + rememberedMs;
    if (!isOver && !isNew) return [];
    const sinceMs = atMs - act.requestedAtMs;
    return [`${order.commandId} trades (${trade.sequence}) ${sinceMs} ms after ${act.type}`];
  });
}

function takes(act: Act, { commandId, signed, delegation }: PlaceOrder): boolean {
  switch (act.type) {
    case 'order_cancelled':
      return act.digest === commandId;
    case 'epoch_bumped':
      return signed.epoch < act.epoch;
    case 'delegation_revoked':
      return act.digest === delegation?.digest;
    case 'exit_requested':
      return false;
  }
}

/** What a key's orders matched on a day, each at its own signed price: no more than its owner signed, whichever groups they went to. */
function auditLimits(
  world: ChainSimulationWorld,
  traded: readonly Traded[],
  maxNotionalOf: (delegation: string) => bigint,
): string[] {
  const matched = new Map<string, bigint>();
  for (const { order, trade, atMs } of traded) {
    if (!order.delegation) continue;
    const { signed, amounts } = order;
    const atoms = (signed.quoteAmount * BigInt(trade.sizeLots)) / BigInt(amounts.sizeLots);
    const name = `${order.delegation.digest} ${Math.floor(atMs / dayMs)}`;
    matched.set(name, (matched.get(name) ?? 0n) + atoms);
  }
  const quoteAtoms = atomsOf(world.asset('USDC'));
  return [...matched].flatMap(([name, atoms]) => {
    const [digest = ''] = name.split(' ');
    const most = maxNotionalOf(digest);
    if (atoms <= most) return [];
    return [`${digest} matched ${atoms / quoteAtoms} on a day, of ${most / quoteAtoms}`];
  });
}
