/**
 * `npm run bench -- gas`: what settling a fill costs on the chain, on anvil, all of a transaction's gas divided by its fills.
 * Holdings are not empty before and orders are new; goals are those at 50 fills.
 */
import type { BatchFill, BatchOrder } from '../../shared/wire/settlement-batch.ts';
import { batchGas } from '../../shared/wire/settlement-gas.ts';
import { type ChainWorld, startChainWorld, User } from '../contracts/chain-world.ts';
import { fillOf, nextBatch, settle, signedOrder } from '../contracts/signed-trades.ts';
import type { Benchmark, Measured } from './figure.ts';

type Flow = { orders: BatchOrder[]; fills: BatchFill[] };
type Drawing = (count: number, draw: Drawer) => Promise<Flow>;

const e18 = 10n ** 18n;
const sizes = [1, 10, 50, 200];

/** Users with funds in both assets, and their orders. */
class Drawer {
  readonly #world: ChainWorld;
  readonly #market: { baseAsset: string; quoteAsset: string };
  readonly #users: User[] = [];

  constructor(world: ChainWorld, market: { baseAsset: string; quoteAsset: string }) {
    this.#world = world;
    this.#market = market;
  }

  async order(user: number, side: 0 | 1): Promise<BatchOrder> {
    const owner = this.#users[user] ?? (await this.#fund(user));
    const amounts = { baseAmount: 1_000n * e18, quoteAmount: 2_500_000n * 10n ** 6n };
    return signedOrder(this.#world, owner, { ...this.#market, side, ...amounts });
  }

  async #fund(index: number): Promise<User> {
    const user = new User(`gas ${index}`);
    const { baseAsset, quoteAsset } = this.#market;
    for (const asset of [baseAsset, quoteAsset]) {
      await this.#world.fund(user.address, asset, 1_000_000n * e18);
    }
    this.#users[index] = user;
    return user;
  }
}

const fill = (maker: number, taker: number): BatchFill =>
  fillOf({
    maker,
    taker,
    baseAtoms: e18 / 8n,
    quoteAtoms: 312_500_000n,
    makerFeeAtoms: 31_250n,
    takerFeeAtoms: 93_750n,
  });

const flows: Record<string, Drawing> = {
  'all orders distinct': async (count, draw) => {
    const flow: Flow = { orders: [], fills: [] };
    for (let i = 0; i < count; i += 1) {
      flow.orders.push(await draw.order(2 * i, 1), await draw.order(2 * i + 1, 0));
      flow.fills.push(fill(2 * i, 2 * i + 1));
    }
    return flow;
  },
  'takers on 2 makers': async (count, draw) => {
    const flow: Flow = { orders: [await draw.order(0, 1), await draw.order(1, 1)], fills: [] };
    for (let i = 0; i < count; i += 1) {
      flow.orders.push(await draw.order(i + 2, 0));
      flow.fills.push(fill(i % 2, i + 2));
    }
    return flow;
  },
  'takers × 5 fills on 5 makers': async (count, draw) => {
    const flow: Flow = { orders: [], fills: [] };
    for (let i = 0; i < 5; i += 1) flow.orders.push(await draw.order(i, 1));
    for (let i = 0; i < count; i += 1) {
      if (i % 5 === 0) flow.orders.push(await draw.order(5 + i / 5, 0));
      flow.fills.push(fill(i % 5, flow.orders.length - 1));
    }
    return flow;
  },
};

let running: Awaited<ReturnType<typeof startChainWorld>> | undefined;
let drawer: Drawer | undefined;

async function measure(drawing: Drawing): Promise<Measured[]> {
  running ??= await startChainWorld();
  const { world } = running;
  if (!drawer) {
    const market = {
      baseAsset: await world.token('ETH'),
      quoteAsset: await world.token('USDC', 6),
    };
    await world.fund(world.places.fees.address, market.quoteAsset, 1n);
    drawer = new Drawer(world, market);
  }
  const drawn = drawer;
  const results: Measured[] = [];
  for (const count of sizes) {
    const gas = await settledGas(world, (part) => drawing(part, drawn), count);
    results.push({
      ...{ metric: `gas per fill of ${count}`, unit: 'gas' },
      value: Math.round(gas / count),
    });
  }
  return results;
}

/** What would not fit into 15 M gas goes in halves, as the exchange cuts its batches. */
async function settledGas(
  world: ChainWorld,
  draw: (count: number) => Promise<Flow>,
  count: number,
): Promise<number> {
  const { orders, fills } = await draw(count);
  const batch = await nextBatch(world, orders, fills);
  if (batchGas(batch) > 15_000_000) {
    const half = Math.ceil(count / 2);
    return (await settledGas(world, draw, half)) + (await settledGas(world, draw, count - half));
  }
  const { outcomes, receipt } = await settle(world, batch);
  const bad = outcomes.filter(({ reason }) => reason !== 'settled');
  if (bad.length > 0) throw new Error(`${bad.length} fills did not settle: ${bad[0]?.reason}`);
  return Number(receipt.gasUsed);
}

export const benchmark: Benchmark = {
  about:
    'Gas of settleBatch on anvil, all of the transaction divided by its fills; orders are new, holdings are not. What would pass 15 M gas goes in halves, as the exchange cuts it.',
  cases: Object.fromEntries(
    Object.entries(flows).map(([title, drawing]) => [title, () => measure(drawing)]),
  ),
  end: async () => running?.stop(),
};
