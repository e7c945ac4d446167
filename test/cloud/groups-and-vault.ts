/**
 * Pair groups that lend from one ledger and trade, as far as the order of settlement is about them: grants copy the stamp of what they
 * take, returns are available once their frame is cleared and leave their frame's clock. Beside it the balances of a vault.
 */
import type { Command } from '#domain/command.ts';
import type { EngineEvent, Outcome, Trade } from '#domain/event.ts';
import type { Frame } from '#wire/journal-frame.ts';

const accounts = ['0xa', '0xb', '0xc'] as const;
const assets = ['ETH', 'USDC'] as const;

type Group = {
  groupId: string;
  frames: Frame[];
  cleared: number;
  credit: Map<string, number>;
  open: { events: EngineEvent[]; clock: number; returns: [string, number][] };
  returnsOf: Map<number, [string, number][]>;
};

const keyOf = (account: string, asset: string) => `${account}#${asset}`;
const amountIn = (map: Map<string, number>, key: string) => map.get(key) ?? 0;
const add = (map: Map<string, number>, key: string, units: number) =>
  map.set(key, amountIn(map, key) + units);

export class GroupsAndVault {
  readonly groups: Group[];
  readonly vault = new Map<string, number>();
  readonly #available = new Map<string, number>();
  readonly #stamps = new Map<string, number>();
  #state: number;
  #sequences = new Map<string, number>();
  trades = 0;

  constructor(seed: number) {
    this.#state = seed;
    this.groups = ['alpha', 'beta', 'gamma'].map((groupId) => ({
      ...{ groupId, frames: [], cleared: 0, credit: new Map(), returnsOf: new Map() },
      open: { events: [], clock: 0, returns: [] },
    }));
    for (const account of accounts)
      for (const asset of assets) {
        add(this.vault, keyOf(account, asset), 20);
        add(this.#available, keyOf(account, asset), 20);
      }
  }

  random(below: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((this.#state / 0x80000000) * below);
  }

  /** Random grants, trades and returns; frames close and are cleared now and then. */
  trade(deeds: number): void {
    for (let deed = 0; deed < deeds; deed += 1) {
      const group = this.#pick(this.groups);
      const draw = this.random(10);
      if (draw < 3) this.#grant(group);
      else if (draw < 7) this.#meet(group);
      else if (draw < 8) this.#return(group);
      else if (draw < 9) this.#close(group);
      else this.clear();
    }
  }

  /** Some group's frames are cleared to some frame: what they returned is available. */
  clear(): void {
    const group = this.#pick(this.groups);
    this.#clearTo(group, group.cleared + this.random(group.frames.length - group.cleared + 1));
  }

  clearAll(): void {
    for (const group of this.groups) {
      this.#close(group);
      this.#clearTo(group, group.frames.length);
    }
  }

  /** Moves what the trade moves; throws where somebody lacks it. */
  settle(trade: Trade): void {
    const [buyer, seller] =
      trade.takerSide === 'buy'
        ? [trade.takerAccount, trade.makerAccount]
        : [trade.makerAccount, trade.takerAccount];
    for (const [from, to, asset, units] of [
      [seller, buyer, 'ETH', trade.baseUnits],
      [buyer, seller, 'USDC', trade.quoteUnits],
    ] as const) {
      if (amountIn(this.vault, keyOf(from, asset)) < units)
        throw new Error(`${from} lacks ${asset} for trade ${trade.sequence}`);
      add(this.vault, keyOf(from, asset), -units);
      add(this.vault, keyOf(to, asset), units);
    }
  }

  #grant(group: Group): void {
    const key = keyOf(this.#pick(accounts), this.#pick(assets));
    const units = this.random(amountIn(this.#available, key) + 1);
    if (units === 0) return;
    add(this.#available, key, -units);
    add(group.credit, key, units);
    group.open.clock = Math.max(group.open.clock, this.#stamps.get(key) ?? 0);
    this.#event(group, {});
  }

  #return(group: Group): void {
    const key = keyOf(this.#pick(accounts), this.#pick(assets));
    const units = this.random(amountIn(group.credit, key) + 1);
    if (units === 0) return;
    add(group.credit, key, -units);
    group.open.returns.push([key, units]);
    this.#event(group, {});
  }

  #meet(group: Group): void {
    const maker = this.#pick(accounts);
    const taker = this.#pick(accounts.filter((each) => each !== maker));
    const takerSide = this.#pick(['buy', 'sell'] as const);
    const [buyer, seller] = takerSide === 'buy' ? [taker, maker] : [maker, taker];
    const baseUnits = this.random(amountIn(group.credit, keyOf(seller, 'ETH')) + 1);
    const quoteUnits = this.random(amountIn(group.credit, keyOf(buyer, 'USDC')) + 1);
    if (baseUnits === 0 || quoteUnits === 0) return;
    for (const [account, asset, units] of [
      [seller, 'ETH', -baseUnits],
      [buyer, 'ETH', baseUnits],
      [buyer, 'USDC', -quoteUnits],
      [seller, 'USDC', quoteUnits],
    ] as const)
      add(group.credit, keyOf(account, asset), units);
    this.trades += 1;
    this.#event(group, {
      ...{ type: 'trade', marketId: 'ETH-USDC', baseUnits, quoteUnits, takerSide },
      ...{ makerAccount: maker, takerAccount: taker },
    });
  }

  #event(group: Group, of: Partial<Trade>): void {
    const sequence = amountIn(this.#sequences, group.groupId) + 1;
    this.#sequences.set(group.groupId, sequence);
    group.open.events.push({ type: 'accepted', ...of, sequence } as EngineEvent);
    if (this.random(4) === 0) this.#close(group);
  }

  #close(group: Group): void {
    const { events, clock, returns } = group.open;
    const before = group.frames.at(-1);
    const frame = group.frames.length + 1;
    const outcomes: Outcome<Command>[] = [
      { command: { type: 'tick', commandId: `${frame}`, nowMs: frame }, events },
    ];
    const last = before?.lastSequence ?? 0;
    group.frames.push({
      ...{ kind: 'frame', groupId: group.groupId, epoch: 1, frame, atMs: frame, rulesVersion: 1 },
      ...{ firstSequence: last + 1, lastSequence: last + events.length, previousHash: '' },
      eventHash: '',
      clock: Math.max(before?.clock ?? 0, clock) + 1,
      outcomes,
    });
    group.returnsOf.set(frame, returns);
    group.open = { events: [], clock: 0, returns: [] };
  }

  #clearTo(group: Group, toFrame: number): void {
    for (const frame of group.frames.slice(group.cleared, toFrame))
      for (const [key, units] of group.returnsOf.get(frame.frame) ?? []) {
        add(this.#available, key, units);
        this.#stamps.set(key, Math.max(this.#stamps.get(key) ?? 0, frame.clock));
      }
    group.cleared = toFrame;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)] as T;
  }
}
