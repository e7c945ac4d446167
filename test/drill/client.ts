/** One of the load's clients: an account with funds that places, cancels, replaces and amends orders by the client SDK. */
import { Wallet } from 'ethers';
import { Crossbook } from '#client/crossbook.ts';
import { depositGifts } from '#client/funding.ts';
import { createRest, type Rest } from '#client/rest.ts';
import { amendedAtoms, type OrderWish, signAmend, signCancel } from '#client/signing.ts';
import { parseDecimal } from '#domain/amount.ts';
import { digests } from '#wire/eip712.ts';
import type { OrderJson } from '#wire/feed-message.ts';
import type { AmendedJson, BatchResultJson, PlacedJson } from '#wire/rest-api.ts';
import type { Answer, Sent, Told } from './told.ts';

export type Requests = {
  sent: Omit<Sent, 'answers'>[];
  /** Sends the commands once; throws where the whole request has one outcome. */
  send: (commands: Sent[], told: Told) => Promise<void>;
};

export type ClientOptions = { apiUrl: string; webSocketUrl: string; told: Told; sticky: boolean };

/** Where each market trades, and in which steps. */
const floors = [
  { market: 'ETH-USDC', price: 2_000, priceDigits: 2, size: 0.03, sizeDigits: 3 },
  { market: 'SOL-USDC', price: 150, priceDigits: 2, size: 0.4, sizeDigits: 2 },
  { market: 'BTC-USDC', price: 60_000, priceDigits: 1, size: 0.001, sizeDigits: 5 },
] as const;

const ordersPerBatch = 4;
/** Orders that a client remembers as its own, to change them later. */
const kept = 40;

type Own = Pick<OrderJson, 'digest' | 'market' | 'side' | 'size' | 'filledSize'>;
type Group = string;

export class Client {
  readonly crossbook: Crossbook;
  readonly account: string;
  readonly #once: Rest;
  readonly #told: Told;
  readonly #wallet: Wallet;
  #own: Own[] = [];
  #groups = new Map<string, Group>();

  private constructor(crossbook: Crossbook, once: Rest, wallet: Wallet, told: Told) {
    this.crossbook = crossbook;
    this.#once = once;
    this.#wallet = wallet;
    this.#told = told;
    this.account = wallet.address.toLowerCase();
  }

  /** Arrives with a new wallet, gets funds, and listens to its account. */
  static async arrive({ apiUrl, webSocketUrl, told, sticky }: ClientOptions): Promise<Client> {
    const wallet = new Wallet(Wallet.createRandom().privateKey);
    const crossbook = new Crossbook({ apiUrl, webSocketUrl, signer: wallet });
    // Every try of a command is seen by the drill, which repeats it itself.
    const once = createRest({ apiUrl, tries: 1 });
    const client = new Client(crossbook, once, wallet, told);
    const { markets } = await crossbook.venue();
    for (const [id, { market }] of markets) client.#groups.set(id, market.groupId);
    if (sticky) await crossbook.changeSettings({ creditPolicy: 'sticky' });
    await new Promise<void>((resolve, reject) => {
      crossbook.feed.account(wallet.address, (message) => client.#hear(message), {
        subscribed: resolve,
        refused: reject,
      });
    });
    return client;
  }

  /** Demo funds of every asset: units by `account#asset`. */
  async fund(): Promise<Map<string, bigint>> {
    const { amounts } = await this.crossbook.faucet();
    await depositGifts(this.crossbook, this.#wallet, amounts);
    const { markets } = await this.crossbook.venue();
    const assets = [...markets.values()].flatMap(({ base, quote }) => [base, quote]);
    return new Map(
      amounts.map(({ asset, amount }) => {
        const decimals = assets.find(({ id }) => id === asset)?.decimals ?? 0;
        return [`${this.account}#${asset}`, parseDecimal(amount, decimals) ?? 0n];
      }),
    );
  }

  /** The next request of this client, signed. */
  async next(turn: number, random: () => number): Promise<Requests> {
    const dice = random();
    const own =
      this.#own.length > 0 ? this.#own[Math.floor(random() * this.#own.length)] : undefined;
    if (own && dice < 0.2) return this.#cancel(own);
    if (own && dice < 0.27) return this.#amend(own);
    if (own && dice < 0.35)
      return this.#place([{ ...wish(turn, random, own), replaces: own.digest }]);
    if (dice < 0.43)
      return this.#place(Array.from({ length: ordersPerBatch }, () => wish(turn, random)));
    if (dice < 0.5) return this.#place([{ ...wish(turn, random), type: 'market' }]);
    return this.#place([wish(turn, random)]);
  }

  close(): void {
    this.crossbook.close();
  }

  #hear(message: Parameters<Told['heard']>[0]): void {
    this.#told.heard(message);
    if (message.type === 'order') this.#remember(message.order);
  }

  async #place(wishes: OrderWish[]): Promise<Requests> {
    const signed = await Promise.all(wishes.map((each) => this.crossbook.sign(each)));
    const sent = signed.map(({ digest }, at) => ({
      ...{ kind: 'order' as const, commandId: digest, order: digest },
      ...this.#owner(wishes[at]?.market ?? ''),
    }));
    const bodies = new Map(signed.map(({ digest, body }) => [digest, body]));
    const send = async (commands: Sent[], told: Told) => {
      const [first, ...more] = commands.flatMap(({ commandId }) => bodies.get(commandId) ?? []);
      if (first && more.length === 0) {
        const placed = await this.#once.place(first);
        this.#take(commands[0], placed, told);
      } else if (first) {
        const { results } = await this.#once.placeBatch([first, ...more]);
        for (const [at, result] of results.entries()) this.#take(commands[at], result, told);
      }
    };
    return { sent, send };
  }

  async #cancel(own: Own): Promise<Requests> {
    const { signingDomain } = await this.crossbook.venue();
    const createdAtMs = await this.crossbook.nowMs();
    const cancel = { account: this.account, orderDigest: own.digest, createdAtMs };
    const body = await signCancel(this.#wallet, signingDomain, cancel);
    const commandId = digests(signingDomain).cancel(cancel);
    return {
      sent: [{ kind: 'cancel', commandId, order: own.digest, ...this.#owner(own.market) }],
      send: async ([sent], told) => {
        this.#take(sent, await this.#once.cancel(body, { market: own.market }), told);
      },
    };
  }

  /** Halves what is left of an order. */
  async #amend(own: Own): Promise<Requests> {
    const listed = await this.crossbook.market(own.market);
    const digits = floors.find(({ market }) => market === own.market)?.sizeDigits ?? 0;
    const filled = Number(own.filledSize);
    const size = (filled + (Number(own.size) - filled) / 2).toFixed(digits);
    // What is left is one lot already.
    if (Number(size) <= filled) return this.#cancel(own);
    const { signingDomain } = await this.crossbook.venue();
    const amend = {
      account: this.account,
      orderDigest: own.digest,
      newAmount: amendedAtoms({ market: own.market, size }, listed),
      createdAtMs: await this.crossbook.nowMs(),
    };
    const body = await signAmend(this.#wallet, signingDomain, amend);
    const commandId = digests(signingDomain).amend(amend);
    return {
      sent: [{ kind: 'amendment', commandId, order: own.digest, ...this.#owner(own.market) }],
      send: async ([sent], told) => {
        this.#take(sent, await this.#once.amend(body, { market: own.market }), told);
      },
    };
  }

  #take(sent: Sent | undefined, result: PlacedJson | AmendedJson | BatchResultJson, told: Told) {
    if (!sent) throw new Error('an answer to nothing');
    told.answered(sent, answerIn(result));
    if (result.status === 'accepted' && result.order) this.#remember(result.order);
  }

  #remember(order: OrderJson): void {
    const { digest, market, side, size, filledSize, status } = order;
    this.#own = this.#own.filter((each) => each.digest !== digest);
    if (status === 'open' && size !== undefined)
      this.#own = [...this.#own, { digest, market, side, size, filledSize }].slice(-kept);
  }

  #owner(market: string) {
    return { account: this.account, groupId: this.#groups.get(market) ?? '' };
  }
}

/** One result of a batch, or a whole answer. */
function answerIn(result: PlacedJson | AmendedJson | BatchResultJson): Answer {
  if (result.status === 'accepted') {
    const { sequence, order } = result;
    const fills = 'fills' in result ? result.fills : [];
    return { type: 'accepted', sequence, fills, ...(order ? { order } : {}) };
  }
  const { code } = result;
  if (result.status === 'unknown' || code === 'duplicate_order')
    return { type: 'nobody_knows', code };
  const isPassing = code === 'busy' || code === 'unavailable';
  return isPassing ? { type: 'nothing_taken', code } : { type: 'refused', code };
}

/** An order near the price: some rest, some trade at once. The markets take turns, so that no pair group is idle. */
function wish(turn: number, random: () => number, like?: Pick<Own, 'market' | 'side'>): OrderWish {
  const floor =
    floors.find(({ market }) => market === like?.market) ?? floors[turn % floors.length];
  if (!floor) throw new Error('no market to trade in');
  const side = like?.side ?? (random() < 0.5 ? 'buy' : 'sell');
  const towards = side === 'buy' ? -1 : 1;
  const distance = (random() - 0.35) * 0.01 * towards;
  return {
    market: floor.market,
    side,
    price: (floor.price * (1 + distance)).toFixed(floor.priceDigits),
    size: (floor.size * (0.5 + random())).toFixed(floor.sizeDigits),
  };
}
