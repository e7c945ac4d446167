/**
 * Whoever has exactly enough money for an order may always put another in its place: by `replaces` or by cancel and place, at
 * another price, of another size, on the other side, while credit is on its way back or was granted a moment ago.
 */
import { describe, expect, test } from 'vitest';
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import { address, groupId, MatcherWorld, type Running } from './matcher-world.ts';
import type { PlaceRequest } from './orders.ts';

const alice = address('alice');
/** What she has: one order of hers takes all of one of them. */
const money = { USDC: 5_040, ETH: 60 };
/** Prices at which lots use up all of her money: 5,040 is divided by each. */
const ticks = [60, 63, 70, 72, 80, 84, 90, 105, 120];

type Wanted = { side: 'buy' | 'sell'; ticks: number; lots: number };

/** Nobody else is there, so nothing fills; all of `USDC` or all of `ETH` is held. */
class Replacing {
  readonly world = new MatcherWorld();
  #running: Running | undefined;
  #random: (below: number) => number;
  #order: PlaceRequest | undefined;
  #clears = true;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  async begin(policy: 'exact' | 'sticky'): Promise<void> {
    const { world } = this;
    world.ledger.policy = policy;
    world.ledger.fund(alice, 'USDC', BigInt(money.USDC));
    world.ledger.fund(alice, 'ETH', BigInt(money.ETH));
    this.#running = await world.start();
    this.#settleAgain();
  }

  end(): void {
    this.#clears = false;
    this.#running?.kill();
  }

  /** Settlement follows the journal, now closer and now further behind: within a second. */
  #settleAgain(): void {
    const { time, ledger, journal } = this.world;
    time.timers.after(50 + this.#random(900), () => {
      ledger.clear(groupId, journal);
      if (this.#clears) this.#settleAgain();
    });
  }

  async step(): Promise<CommandResult[]> {
    const wanted = this.#wanted();
    const how = this.#order ? this.#random(4) : 3;
    // Some of the time credit goes back in between: by itself after five seconds, or because somebody asks for it.
    await this.world.time.pass([0, 0, 30, 700, 4_990, 5_200][this.#random(6)] ?? 0);
    if (how === 0) return this.#replace(wanted);
    if (how === 1) return this.#cancelAndPlace(wanted, 'at one time');
    if (how === 2) return this.#cancelAndPlace(wanted, 'one after the other');
    return this.#cancelAll(wanted);
  }

  #wanted(): Wanted {
    const side = this.#random(3) ? 'buy' : 'sell';
    const price = ticks[this.#random(ticks.length)] ?? 60;
    const all = side === 'buy' ? money.USDC / price : money.ETH;
    return { side, ticks: price, lots: this.#random(3) ? all : 1 + this.#random(all) };
  }

  async #replace(wanted: Wanted): Promise<CommandResult[]> {
    const replaces = this.#order?.digest;
    const order = this.world.order('alice', { ...wanted, ...(replaces ? { replaces } : {}) });
    return this.#send(order, [order]);
  }

  async #cancelAndPlace(
    wanted: Wanted,
    how: 'at one time' | 'one after the other',
  ): Promise<CommandResult[]> {
    const cancel = this.world.cancel('alice', this.#order?.digest ?? '');
    const order = this.world.order('alice', wanted);
    if (how === 'at one time') return this.#send(order, [cancel, order]);
    const cancelled = await this.#send(undefined, [cancel]);
    if (this.#random(2)) {
      const asset = this.#random(2) ? 'USDC' : 'ETH';
      await this.world.time.until(this.#leader.demand(alice, asset));
    }
    await this.world.time.pass([0, 10, 300, 5_100][this.#random(4)] ?? 0);
    return [...cancelled, ...(await this.#place(wanted))];
  }

  async #cancelAll(wanted: Wanted): Promise<CommandResult[]> {
    const [cancelled] = await this.#send(undefined, [this.world.cancelAll('alice')]);
    return [cancelled as CommandResult, ...(await this.#place(wanted))];
  }

  #place(wanted: Wanted): Promise<CommandResult[]> {
    const order = this.world.order('alice', wanted);
    return this.#send(order, [order]);
  }

  async #send(
    order: PlaceRequest | undefined,
    requests: CommandRequest[],
  ): Promise<CommandResult[]> {
    const results = await this.world.send(this.#running as Running, ...requests);
    if (order) this.#order = order;
    return results;
  }

  get #leader(): Running['leader'] {
    return (this.#running as Running).leader;
  }
}

const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

describe.each(['exact', 'sticky'] as const)('with %s credit', (policy) => {
  test.each(seeds)(
    'a cancel-and-replace by a user with exactly enough money is never refused (seed %i)',
    { timeout: 60_000 },
    async (seed) => {
      const replacing = new Replacing(seed);
      await replacing.begin(policy);
      for (let step = 0; step < 25; step += 1) {
        const results = await replacing.step();
        for (const result of results)
          expect({ step, ...result }).toMatchObject({ step, status: 'accepted' });
      }
      replacing.end();
    },
  );
});
