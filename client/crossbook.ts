/** The exchange for programs: market data, signed orders, one's own account and the live feed. The one thing that users construct. */
import type { SignedOrder } from '#domain/command.ts';
import type { Digest, Side } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type {
  AmendedJson,
  CancelledAllJson,
  ChainJson,
  DelegationJson,
  DepositJson,
  PlacedJson,
  SettingsJson,
  SwitchJson,
  WithdrawalJson,
} from '#wire/rest-api.ts';
import { CrossbookError } from './crossbook-error.ts';
import { buildDelegation, type DelegationWish, signDelegation } from './delegation.ts';
import { credited, type DepositWish, payIn } from './depositing.ts';
import { createFeed, type Feed } from './feed.ts';
import type { SocketLimits } from './feed-socket.ts';
import { createRest, type Rest, type RestOptions } from './rest.ts';
import { createServerClock, type ServerClock } from './server-clock.ts';
import { createSession, type Session } from './session.ts';
import {
  type AmendWish,
  amendedAtoms,
  buildOrder,
  type OrderSigner,
  type OrderWish,
  randomSalt,
  type SignedPlacement,
  signAmend,
  signCancel,
  signOrder,
} from './signing.ts';
import { createStatements, type Statements } from './statements.ts';
import { marketOf, type Venue, venueOf } from './venue.ts';
import { buildWithdrawal, signWithdrawal, type WithdrawalWish } from './withdrawing.ts';

export type CrossbookOptions = RestOptions & {
  /** Such as `ws://127.0.0.1:8081/v1`; needed for the feed only. */
  webSocketUrl?: string;
  /** An ethers signer, such as a Wallet; needed for orders and one's own data only. */
  signer?: OrderSigner;
  /**
   * Where the signer is a session key: whose account it trades for, and when its Delegation ends. Such a client places orders,
   * and cancels, amends and replaces those; everything else is its owner's.
   */
  delegatedBy?: { account: string; expiresAtMs: number };
  /** The domain that the sign-in message names: the page's host in a browser. */
  signInDomain?: string;
  now?: () => number;
  salt?: () => bigint;
  socketLimits?: Partial<SocketLimits>;
};

/** How old the markets' terms may be. */
const venueAgeMs = 60_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class Crossbook {
  /** Public routes, and every route with one's own token. */
  readonly rest: Rest;
  readonly #options: CrossbookOptions;
  readonly #clock: ServerClock;
  readonly #session: Session;
  readonly #now: () => number;
  #venue: { atMs: number; read: Promise<Venue> } | undefined;
  #feed: Feed | undefined;
  #statements: Statements | undefined;

  constructor(options: CrossbookOptions) {
    this.#options = options;
    this.rest = createRest(options);
    this.#now = options.now ?? Date.now;
    this.#clock = createServerClock({ time: this.rest.time, now: this.#now });
    this.#session = createSession({
      rest: this.rest,
      signer: {
        getAddress: () => this.address(),
        signMessage: (message) => this.#signer().signMessage(message),
      },
      clock: this.#clock,
      chainId: async () => (await this.venue()).signingDomain.chainId,
      domain: options.signInDomain ?? pageHost(),
      uri: options.apiUrl,
    });
  }

  /** Markets, assets and the signing domain, as of a minute ago at most: markets are listed and changed while the exchange runs. */
  async venue(): Promise<Venue> {
    const nowMs = this.#now();
    if (this.#venue && nowMs > this.#venue.atMs + venueAgeMs) this.#venue = undefined;
    this.#venue ??= { atMs: nowMs, read: this.rest.markets().then(venueOf) };
    const { read } = this.#venue;
    try {
      return await read;
    } catch (error) {
      if (this.#venue?.read === read) this.#venue = undefined;
      throw error;
    }
  }

  /** Fetches the markets anew at the next question: their terms have just been found to be others. */
  forgetVenue(): void {
    this.#venue = undefined;
  }

  /** A market's terms; one that is not known yet is looked for once more. */
  async market(marketId: string): Promise<ListedMarket> {
    const venue = await this.venue();
    if (!venue.markets.has(marketId)) this.forgetVenue();
    return marketOf(await this.venue(), marketId);
  }

  /** The exchange's time. */
  nowMs(): Promise<number> {
    return this.#clock.nowMs();
  }

  /** The owner's own; a session key has none here. */
  async address(): Promise<string> {
    if (this.#options.delegatedBy)
      throw new CrossbookError('not_signer', 'a session key only places and changes orders');
    return (await this.#signer().getAddress()).toLowerCase();
  }

  /** Signs an order without sending it. */
  async sign(wish: OrderWish): Promise<SignedPlacement & { order: SignedOrder }> {
    const listed = await this.market(wish.market);
    const { signingDomain } = await this.venue();
    const signer = await this.#signer().getAddress();
    const { delegatedBy } = this.#options;
    const order = buildOrder(wish, listed, {
      ...{ account: delegatedBy?.account ?? signer, signer },
      createdAtMs: await this.#clock.nowMs(),
      salt: this.#salt(),
    });
    // The exchange takes no order that outlives the leave to sign it.
    if (delegatedBy) order.expiresAtMs = Math.min(order.expiresAtMs, delegatedBy.expiresAtMs);
    const signed = await signOrder(this.#signer(), signingDomain, order, wish.clientOrderId);
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
    const refusals = results.flatMap((each) => (each.status === 'refused' ? [each.code] : []));
    if (refusals.some(isAboutTime)) this.#clock.doubt();
    if (refusals.some(isAboutTerms)) this.forgetVenue();
    return results;
  }

  /** Cancels by a signed Cancel; naming the market saves the exchange from asking every pair group. */
  async cancel(digest: Digest, market?: string): Promise<PlacedJson> {
    const { signingDomain } = await this.venue();
    return this.#timely(async () => {
      const cancel = {
        account: await this.#trader(),
        orderDigest: digest,
        createdAtMs: await this.#clock.nowMs(),
      };
      const body = await signCancel(this.#signer(), signingDomain, cancel);
      return this.rest.cancel(body, market === undefined ? {} : { market });
    });
  }

  /**
   * Lowers an order's size, or the money of an order by money; it keeps its place in the queue.
   * The new amount is the whole, what is filled included. Anything else is changed by `replace`.
   */
  async amend(digest: Digest, wish: AmendWish): Promise<AmendedJson> {
    const listed = await this.market(wish.market);
    const newAmount = amendedAtoms(wish, listed);
    const { signingDomain } = await this.venue();
    return this.#timely(async () => {
      const account = await this.#trader();
      const createdAtMs = await this.#clock.nowMs();
      const amend = { account, orderDigest: digest, newAmount, createdAtMs };
      const body = await signAmend(this.#signer(), signingDomain, amend);
      return this.rest.amend(body, { market: wish.market });
    });
  }

  /** Places an order in the place of another: both happen in one moment, or the new one is refused and the old one stays. */
  replace(digest: Digest, wish: OrderWish): Promise<PlacedJson> {
    return this.place({ ...wish, replaces: digest });
  }

  /** Cancels all of one's orders, or those of one market or side. A pair group that could not do it says so in the answer. */
  cancelAll(which: { market?: string; side?: Side } = {}): Promise<CancelledAllJson> {
    return this.#asOwner((token) => this.rest.cancelAll(token, which));
  }

  /** Dead man's switch: cancels all of one's orders so long from now, unless this is called again before; 0 disarms it. */
  cancelAllAfter(afterMs: number): Promise<SwitchJson> {
    return this.#asOwner((token) => this.rest.cancelAllAfter(token, { afterMs }));
  }

  /** Pays in from a wallet on the chain, and answers when a block has it; it counts once enough blocks follow: see `depositCredited`. */
  async deposit(wish: DepositWish): Promise<{ transactionHash: string }> {
    return payIn(wish, { chain: await this.chain(), account: await this.address() });
  }

  /** Waits until all that a transaction deposited counts, or came to another end. */
  depositCredited(transactionHash: string, withinMs = 120_000): Promise<DepositJson[]> {
    const { wait = pause } = this.#options;
    const deposits = async () => {
      const { deposits: counted, uncredited = [] } = await this.statements.deposits();
      return [...counted, ...uncredited];
    };
    return credited(transactionHash, { deposits, wait, now: this.#now, withinMs });
  }

  /** Where funds are paid in. */
  chain(): Promise<ChainJson> {
    return this.rest.chain();
  }

  /** Signs and asks for a withdrawal; how far it is, `statements.withdrawals()` tells. Repeated with the same `withdrawalId`, deadline and rest it is the same one. */
  async withdraw(wish: WithdrawalWish): Promise<WithdrawalJson> {
    const venue = await this.venue();
    const withdraw = buildWithdrawal(wish, venue, {
      account: await this.address(),
      nowMs: await this.#clock.nowMs(),
      withdrawalId: (this.#options.salt ?? randomSalt)(),
    });
    const body = await signWithdrawal(this.#signer(), venue.signingDomain, withdraw);
    return this.rest.withdraw(body);
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

  /** Lets a session key place orders within bounds; signed once. `delegatedBy` of the key's own client takes what this answers. */
  async delegate(wish: DelegationWish): Promise<DelegationJson> {
    const { signingDomain, markets } = await this.venue();
    const built = buildDelegation(wish, [...markets.values()], {
      account: await this.address(),
      createdAtMs: await this.#clock.nowMs(),
      salt: this.#salt(),
    });
    return this.rest.delegate(await signDelegation(this.#signer(), signingDomain, built));
  }

  /** A page of one's delegations, revoked and expired ones too. */
  delegations(query: { limit?: number; cursor?: string } = {}) {
    return this.#asOwner((token) => this.rest.delegations(token, query));
  }

  /** The key places nothing more, and what it placed by this Delegation is cancelled within a minute. */
  endDelegation(digest: Digest): Promise<DelegationJson> {
    return this.#asOwner((token) => this.rest.endDelegation(token, digest));
  }

  /** Entries, fills, finished orders, deposits and withdrawals of any time: as lists, or as files. */
  get statements(): Statements {
    const { fetch: send, wait = pause } = this.#options;
    this.#statements ??= createStatements({
      rest: this.rest,
      asOwner: (ask) => this.#asOwner(ask),
      newId: () => `${randomSalt().toString(36)}${randomSalt().toString(36)}`,
      wait,
      fetch: send ?? fetch,
    });
    return this.#statements;
  }

  /** Proofs that what was published contains what you were owed; `verifyLiabilityProof` checks them. */
  liabilityProofs(query: { day?: string; asset?: string; account?: string } = {}) {
    return this.#asOwner((token) => this.rest.liabilityProofs(token, query));
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

  /** Whose orders the signer places and changes. */
  async #trader(): Promise<string> {
    return this.#options.delegatedBy?.account.toLowerCase() ?? this.address();
  }

  #salt(): bigint {
    return (this.#options.salt ?? randomSalt)();
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
      if (error instanceof CrossbookError && isAboutTerms(error.code)) this.forgetVenue();
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

/** Terms that were found to be others than those that the client knows. */
const isAboutTerms = (code: string): boolean =>
  ['price_off_tick', 'size_off_lot', 'wrong_chain', 'unknown_market', 'fee_above_signed'].includes(
    code,
  );

/** A page's own host; a program without one names the host that every stage but prod takes. */
function pageHost(): string {
  const page = globalThis as { location?: { host?: string } };
  return page.location?.host || 'localhost';
}
