/** The exchange for programs: market data, signed orders, one's own account and the live feed. The one thing that users construct. */
import type { SignedOrder } from '#domain/command.ts';
import type { Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { PlacedJson, SettingsJson } from '#wire/rest-api.ts';
import { CrossbookError } from './crossbook-error.ts';
import { createFeed, type Feed } from './feed.ts';
import type { SocketLimits } from './feed-socket.ts';
import { createRest, type Rest, type RestOptions } from './rest.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { createSession, type Session } from './session.ts';
import {
  buildOrder,
  type OrderSigner,
  type OrderWish,
  randomSalt,
  type SignedPlacement,
  signCancel,
  signOrder,
} from './signing.ts';
import { marketOf, type Venue, venueOf } from './venue.ts';

export type CrossbookOptions = RestOptions & {
  /** Such as `ws://127.0.0.1:8081/v1`; needed for the feed only. */
  webSocketUrl?: string;
  /** An ethers signer, such as a Wallet; needed for orders and one's own data only. */
  signer?: OrderSigner;
  /** The domain that the sign-in message names: the page's host in a browser. */
  signInDomain?: string;
  now?: () => number;
  salt?: () => bigint;
  socketLimits?: Partial<SocketLimits>;
};

type Page = { market?: string; limit?: number; cursor?: string };

export class Crossbook {
  /** Public routes, and every route with one's own token. */
  readonly rest: Rest;
  readonly #options: CrossbookOptions;
  readonly #clock: ServerClock;
  readonly #session: Session;
  #venue: Promise<Venue> | undefined;
  #feed: Feed | undefined;

  constructor(options: CrossbookOptions) {
    this.#options = options;
    this.rest = createRest(options);
    this.#clock = createServerClock({ time: this.rest.time, now: options.now ?? Date.now });
    this.#session = createSession({
      rest: this.rest,
      signer: {
        getAddress: () => this.#signer().getAddress(),
        signMessage: (message) => this.#signer().signMessage(message),
      },
      clock: this.#clock,
      chainId: async () => (await this.venue()).signingDomain.chainId,
      domain: options.signInDomain ?? pageHost(),
      uri: options.apiUrl,
    });
  }

  /** Markets, assets and the signing domain; fetched once. */
  async venue(): Promise<Venue> {
    this.#venue ??= this.rest.markets().then(venueOf);
    try {
      return await this.#venue;
    } catch (error) {
      this.#venue = undefined;
      throw error;
    }
  }

  async market(marketId: string): Promise<ListedMarket> {
    return marketOf(await this.venue(), marketId);
  }

  /** The exchange's time. */
  nowMs(): Promise<number> {
    return this.#clock.nowMs();
  }

  async address(): Promise<string> {
    return (await this.#signer().getAddress()).toLowerCase();
  }

  /** Signs an order without sending it. */
  async sign(wish: OrderWish): Promise<SignedPlacement & { order: SignedOrder }> {
    const venue = await this.venue();
    const order = buildOrder(wish, marketOf(venue, wish.market), {
      account: await this.#signer().getAddress(),
      createdAtMs: await this.#clock.nowMs(),
      salt: (this.#options.salt ?? randomSalt)(),
    });
    const signed = await signOrder(this.#signer(), venue.signingDomain, order, wish.clientOrderId);
    return { ...signed, order };
  }

  /** Signs and places an order. Throws a CrossbookError with the refusal's code. */
  async place(wish: OrderWish): Promise<PlacedJson> {
    return this.#timely(async () => this.rest.place((await this.sign(wish)).body));
  }

  /** Up to 20 orders in one request; each result stands alone, in the order of the wishes. */
  async placeBatch(wishes: OrderWish[]) {
    const signed = await Promise.all(wishes.map((wish) => this.sign(wish)));
    const { results } = await this.rest.placeBatch(signed.map(({ body }) => body));
    if (results.some((each) => each.status === 'refused' && isAboutTime(each.code)))
      this.#clock.doubt();
    return results;
  }

  /** Cancels by a signed Cancel; naming the market saves the exchange from asking every pair group. */
  async cancel(digest: Digest, market?: string): Promise<PlacedJson> {
    const { signingDomain } = await this.venue();
    return this.#timely(async () => {
      const cancel = {
        account: await this.address(),
        orderDigest: digest,
        createdAtMs: await this.#clock.nowMs(),
      };
      const body = await signCancel(this.#signer(), signingDomain, cancel);
      return this.rest.cancel(body, market === undefined ? {} : { market });
    });
  }

  async balances() {
    return (await this.#asOwner((token) => this.rest.balances(token))).balances;
  }

  async openOrders(market?: string) {
    const query = market === undefined ? {} : { market };
    return (await this.#asOwner((token) => this.rest.openOrders(token, query))).orders;
  }

  order(digest: Digest) {
    return this.#asOwner((token) => this.rest.order(token, digest));
  }

  fills(page: Page = {}) {
    return this.#asOwner((token) => this.rest.fills(token, page));
  }

  entries(page: Omit<Page, 'market'> & { asset?: string } = {}) {
    return this.#asOwner((token) => this.rest.entries(token, page));
  }

  settings() {
    return this.#asOwner((token) => this.rest.settings(token));
  }

  changeSettings(settings: SettingsJson) {
    return this.#asOwner((token) => this.rest.changeSettings(token, settings));
  }

  /** Demo funds, on stages that give them; all assets where none is named. */
  async faucet(asset?: string) {
    const body = { account: await this.address(), idempotencyKey: `${randomSalt()}` };
    return this.rest.faucet(asset === undefined ? body : { ...body, asset });
  }

  /** The live feed; connects with its first subscription. */
  get feed(): Feed {
    const { webSocketUrl, random, socketLimits } = this.#options;
    if (!webSocketUrl) throw new CrossbookError('invalid_request', 'webSocketUrl was not given');
    this.#feed ??= createFeed({
      url: webSocketUrl,
      token: () => this.#session.token(),
      nowMs: () => this.#clock.nowMs(),
      ...(random ? { random } : {}),
      ...(socketLimits ? { limits: socketLimits } : {}),
    });
    return this.#feed;
  }

  close(): void {
    this.#feed?.close();
  }

  #signer(): OrderSigner {
    const { signer } = this.#options;
    if (!signer) throw new CrossbookError('session_required', 'a signer was not given');
    return signer;
  }

  /** A refused time means that the clock was measured badly, or a laptop slept: one more try with a fresh one. */
  async #timely<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof CrossbookError) || !isAboutTime(error.code)) throw error;
      this.#clock.doubt();
      return send();
    }
  }

  async #asOwner<T>(ask: (token: string) => Promise<T>): Promise<T> {
    try {
      return await ask(await this.#session.token());
    } catch (error) {
      const ended =
        error instanceof CrossbookError &&
        (error.code === 'session_expired' || error.code === 'bad_session');
      if (!ended) throw error;
      this.#session.forget();
      return ask(await this.#session.token());
    }
  }
}

const isAboutTime = (code: string): boolean =>
  code === 'order_too_late' || code === 'order_from_the_future';

/** A page's own host; a program without one names the host that every stage but prod takes. */
function pageHost(): string {
  const page = globalThis as { location?: { host?: string } };
  return page.location?.host || 'localhost';
}
