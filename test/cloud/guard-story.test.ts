/** Random stories of exits: paid, given up, taken back by reorgs, while processes die. In the end the ledger is what the vault is. */
import { expect, test } from 'vitest';
import { dustOf } from '#cloud/chain-dust.ts';
import type { ChainLog } from '#wire/chain-fact.ts';
import { seeded } from './clearing-journal.ts';
import { alice, bob, GuardWorld, unit } from './guard-world.ts';
import { killedAt } from './ledger-twin.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 8);
const firstSeed = Number(process.env['CROSSBOOK_SEED'] ?? 1);
const users = [alice, bob];

/** The vault on one branch of the chain. */
type Vault = {
  balances: Map<string, bigint>;
  exits: { account: string; atoms: bigint; isOpen: boolean }[];
};

const copyOf = ({ balances, exits }: Vault): Vault => ({
  balances: new Map(balances),
  exits: exits.map((exit) => ({ ...exit })),
});

class Story {
  readonly world = new GuardWorld();
  readonly below: (most: number) => number;
  /** After each block, by its number. */
  readonly #vaults: Vault[] = [{ balances: new Map(), exits: [] }];
  /** Lent out to a matcher, by account. */
  readonly lent = new Map<string, number>();
  #final = 0;
  #highest = 0;

  constructor(seed: number) {
    this.below = seeded(seed);
  }

  get vault(): Vault {
    return this.#vaults.at(-1) as Vault;
  }

  async deposit(account: string): Promise<void> {
    const value = 1 + this.below(50);
    // Long final: on every branch there will be.
    for (const { balances } of this.#vaults)
      balances.set(account, (balances.get(account) ?? 0n) + BigInt(value) * unit);
    await this.world.deposit(account, value);
  }

  block(): void {
    const vault = copyOf(this.vault);
    const logs = Array.from({ length: this.below(3) }, () => this.#act(vault));
    this.#vaults.push(vault);
    this.#highest = Math.max(this.#highest, this.#vaults.length - 1);
    this.world.story.block(logs.filter((log) => log !== undefined));
  }

  #act(vault: Vault): ChainLog | undefined {
    const { world, below } = this;
    const open = vault.exits.flatMap(({ isOpen }, at) => (isOpen ? [at] : []));
    const at = open[below(open.length)];
    const exit = at === undefined ? undefined : vault.exits[at];
    if (at === undefined || !exit || below(2) === 0) {
      const account = users[below(2)] as string;
      const atoms = BigInt(1 + below(60)) * unit - BigInt(below(2) * below(1_000));
      vault.exits.push({ account, atoms, isOpen: true });
      return world.exitRequested(vault.exits.length, account, atoms);
    }
    const { account } = exit;
    // What is with a matcher could be spent: it is all settled before the vault pays.
    if ((this.lent.get(account) ?? 0) > 0) return undefined;
    exit.isOpen = false;
    if (below(3) === 0) return world.log('ExitAbandoned', at + 1, account);
    const balance = vault.balances.get(account) ?? 0n;
    const paid = exit.atoms < balance ? exit.atoms : balance;
    vault.balances.set(account, balance - paid);
    return world.exitFinalized(at + 1, account, paid);
  }

  reorg(): void {
    const head = this.#vaults.length - 1;
    const ancestor = this.#final + this.below(head - this.#final + 1);
    if (ancestor === head) return;
    this.#vaults.length = ancestor + 1;
    this.world.story.reorg(ancestor);
  }

  finalize(upTo = this.below(this.#vaults.length)): void {
    if (upTo <= this.#final) return;
    this.#final = upTo;
    this.world.story.finalize(upTo);
  }

  async lend(account: string): Promise<void> {
    if ((this.lent.get(account) ?? 0) > 0) return;
    const value = 1 + this.below(10);
    const lent = await this.world.lend(account, value).then(
      () => true,
      () => false,
    );
    if (lent) this.lent.set(account, value);
  }

  async giveBack(account: string): Promise<void> {
    const value = this.lent.get(account) ?? 0;
    if (value === 0) return;
    await this.world.giveBack(account, value);
    this.lent.set(account, 0);
  }

  async round(): Promise<void> {
    const { client } = this.world.memory;
    this.world.nowMs += this.below(20_000);
    if (this.below(2) === 0) return void (await this.world.round());
    const moment = this.below(2) === 0 ? 'before' : 'after';
    const dying = killedAt(client, 1 + this.below(60), moment);
    await this.world.round(dying).catch(() => {});
  }

  async end(): Promise<void> {
    for (const account of users) await this.giveBack(account);
    // What a reorg took away is surely gone when a final block is where it was.
    for (const to = this.#highest; this.#vaults.length <= to + 1; ) this.block();
    this.finalize(this.#vaults.length - 1);
    this.world.problems.length = 0;
    for (let rounds = 0; rounds < 3; rounds += 1) {
      this.world.nowMs += 10_000;
      await this.world.round();
    }
  }
}

test.each(Array.from({ length: runs }, (_, at) => firstSeed + at))(
  'whatever becomes of exits, ledger and vault agree to the atom (seed %i)',
  async (seed) => {
    const story = new Story(seed);
    const { world, below } = story;
    for (const account of users) await story.deposit(account);
    for (let step = 0; step < 60; step += 1) {
      const account = users[below(2)] as string;
      const moves = [
        () => story.deposit(account),
        () => story.lend(account),
        () => story.giveBack(account),
        () => story.reorg(),
        () => story.finalize(),
        () => story.block(),
        () => story.block(),
        () => story.round(),
        () => story.round(),
      ];
      await moves[below(moves.length)]?.();
    }
    await story.end();
    expect(world.problems).toEqual([]);
    const { balances, exits } = story.vault;
    for (const account of users) {
      const { available, demanded, withdrawing } = await world.money(account);
      const dust = await dustOf(world.chain, account, 'ETH');
      expect((available + withdrawing) * unit + dust).toBe(balances.get(account));
      // What is still asked for is claimed as far as it goes, and nothing else is.
      const open = exits.filter((exit) => exit.isOpen && exit.account === account);
      if (open.length === 0) expect([demanded, withdrawing]).toEqual([0n, 0n]);
      else expect(demanded).toBeLessThanOrEqual(available);
    }
    expect((await world.exits()).length).toBe(exits.filter(({ isOpen }) => isOpen).length);
  },
);
