/** A user of the exchange in tests: a wallet, its requests, and everything that its WebSocket was told. */
import { Wallet } from 'ethers';
import { Crossbook } from '#client/crossbook.ts';
import { fundFromFaucet } from '#client/funding.ts';
import { createRest, type Rest } from '#client/rest.ts';
import { createServerClock } from '#client/server-clock.ts';
import { createSession } from '#client/session.ts';
import {
  buildOrder,
  type OrderWish,
  randomSalt,
  type SignedPlacement,
  signCancel,
  signOrder,
} from '#client/signing.ts';
import { marketOf, type Venue, venueOf } from '#client/venue.ts';
import type { FeedMessage, FeedReply } from '#wire/feed-message.ts';
import { eventually } from './waiting.ts';

type Told = FeedMessage | FeedReply;
type Kind = Told['type'];

export class Trader {
  readonly wallet: Wallet;
  readonly rest: Rest;
  readonly venue: Venue;
  readonly told: Told[] = [];
  readonly #apiUrl: string;
  #clock;
  #session;
  #socket: WebSocket | undefined;

  private constructor(apiUrl: string, rest: Rest, venue: Venue, wallet: Wallet) {
    this.#apiUrl = apiUrl;
    this.rest = rest;
    this.venue = venue;
    this.wallet = wallet;
    this.#clock = createServerClock({ time: rest.time, now: () => Date.now() });
    this.#session = createSession({
      rest,
      signer: wallet,
      clock: this.#clock,
      chainId: async () => venue.signingDomain.chainId,
      domain: 'localhost',
      uri: 'http://localhost',
    });
  }

  static async arrive(apiUrl: string, privateKey?: string): Promise<Trader> {
    const rest = createRest({ apiUrl });
    const venue = venueOf(await rest.markets());
    return new Trader(
      apiUrl,
      rest,
      venue,
      new Wallet(privateKey ?? Wallet.createRandom().privateKey),
    );
  }

  get account(): string {
    return this.wallet.address.toLowerCase();
  }

  /** The same user at an exchange that was started again. */
  at(apiUrl: string): Trader {
    return new Trader(apiUrl, createRest({ apiUrl }), this.venue, this.wallet);
  }

  /** Demo funds as a user gets them: minted, deposited, credited. All assets where none is named. */
  async fund(asset?: string): Promise<void> {
    const exchange = new Crossbook({ apiUrl: this.#apiUrl, signer: this.wallet });
    await fundFromFaucet(exchange, this.wallet, asset);
  }

  token(): Promise<string> {
    return this.#session.token();
  }

  /** A signed placement, not sent. */
  async signed(wish: OrderWish): Promise<SignedPlacement> {
    const order = buildOrder(wish, marketOf(this.venue, wish.market), {
      account: this.account,
      createdAtMs: await this.#clock.nowMs(),
      salt: randomSalt(),
    });
    return signOrder(this.wallet, this.venue.signingDomain, order, wish.clientOrderId);
  }

  async place(wish: OrderWish) {
    const { body } = await this.signed(wish);
    return this.rest.place(body);
  }

  async cancel(orderDigest: string) {
    const cancel = { account: this.account, orderDigest, createdAtMs: await this.#clock.nowMs() };
    return this.rest.cancel(await signCancel(this.wallet, this.venue.signingDomain, cancel));
  }

  /** Balances by asset. */
  async balances(): Promise<Record<string, { free: string; held: string; total: string }>> {
    const { balances } = await this.rest.balances(await this.token());
    return Object.fromEntries(
      balances.map(({ asset, free, held, total }) => [asset, { free, held, total }]),
    );
  }

  /** Opens a WebSocket, signs in on it and listens to channels; one's own account is among them. */
  async listen(webSocketUrl: string, channels: string[]): Promise<void> {
    const socket = new WebSocket(webSocketUrl);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const told = JSON.parse(String(data));
      this.told.push(...(Array.isArray(told) ? told : [told]));
    });
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`no WebSocket at ${webSocketUrl}`)));
    });
    socket.send(JSON.stringify({ action: 'authenticate', token: await this.token() }));
    await this.hears('authenticated');
    const all = [...channels, `account:${this.account}`];
    socket.send(JSON.stringify({ action: 'subscribe', channels: all }));
    await this.hears('subscribed');
  }

  /** Sends any text over the WebSocket. */
  say(text: string): void {
    this.#socket?.send(text);
  }

  /** Waits for a message of a kind that fits, and answers the first. */
  hears<K extends Kind>(
    kind: K,
    fits: (message: Extract<Told, { type: K }>) => boolean = () => true,
  ): Promise<Extract<Told, { type: K }>> {
    type Wanted = Extract<Told, { type: K }>;
    const fitting = (each: Told): each is Wanted => each.type === kind && fits(each as Wanted);
    return eventually(`a ${kind} message`, () => this.told.find(fitting));
  }

  leave(): void {
    this.#socket?.close();
  }
}
