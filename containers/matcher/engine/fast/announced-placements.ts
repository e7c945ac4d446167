/**
 * New orders that were announced before their turn: they are resolved to requests, and what the core will need of them is read together.
 * What an announced order comes to is decided when it is placed, never before.
 */
import { type RawPlacement, rawOrderAt } from '#domain/raw-order.ts';
import { commandsAhead } from '../limits.ts';
import { readDigestBytes } from '../name-words.ts';
import { nobody } from './core-instance.ts';
import {
  requestRow as at,
  digestAt,
  digestBytes,
  rawIdsRow,
  requestAt,
  requestBytes,
} from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { resolvePlacement } from './resolve.ts';

const rawIdsBytes = 8;

export class AnnouncedPlacements {
  readonly #state: FastState;
  #placements: readonly RawPlacement[] = [];
  /** Their amounts as they were announced: an order may be fitted anew before its turn. */
  readonly #amounts: (RawPlacement['amounts'] | undefined)[] = new Array(commandsAhead).fill(
    undefined,
  );
  /** Places of the next that may come, and behind the last. */
  #next = 0;
  #end = 0;
  #rows = nobody;
  #ids = nobody;
  #digests = nobody;

  constructor(state: FastState) {
    this.#state = state;
  }

  /** Takes the first of them; those that were announced before count no more. */
  announce(placements: readonly RawPlacement[]): void {
    const { core } = this.#state;
    this.#drop(this.#end);
    if (this.#rows === nobody) this.#takeRoom();
    this.#placements = placements;
    this.#next = 0;
    this.#end = Math.min(placements.length, commandsAhead);
    for (let place = 0; place < this.#end; place += 1) {
      const placement = placements[place] as RawPlacement;
      const { order, amounts } = placement;
      this.#amounts[place] = amounts;
      resolvePlacement(placement, this.#state, this.#rowOf(place));
      const digest = this.#digests + place * digestBytes;
      copyBytes(order.bytes, order.at + rawOrderAt.digest, core.ints, digest >>> 2);
    }
    core.calls.resolveRawIds(this.#rows, this.#ids, this.#end);
    core.calls.lookAhead(this.#rows, this.#end);
  }

  /** The request of a placement whose turn it is: it is then to be applied. Those announced before it will not come. */
  take(placement: RawPlacement): number {
    const place = this.#placeOf(placement);
    if (place >= 0) {
      this.#drop(place);
      if (!this.#isOutdated(placement, place)) {
        this.#next = place + 1;
        return this.#rowOf(place);
      }
      this.#drop(place + 1);
    }
    return this.#resolved(placement);
  }

  /** The same where its turn has not come: `letGo` when it was looked at. */
  look(placement: RawPlacement): number {
    const place = this.#placeOf(placement);
    const isReady = place >= 0 && !this.#isOutdated(placement, place);
    return isReady ? this.#rowOf(place) : this.#resolved(placement);
  }

  letGo(request: number): void {
    if (request !== requestAt) return;
    this.#settle(requestAt);
    this.#state.dropTexts();
  }

  #resolved(placement: RawPlacement): number {
    const { core } = this.#state;
    const { bytes, at: from } = placement.order;
    resolvePlacement(placement, this.#state, requestAt);
    readDigestBytes(bytes, from + rawOrderAt.digest, core.ints, digestAt >>> 2);
    core.calls.resolveId(requestAt);
    return requestAt;
  }

  #placeOf(placement: RawPlacement): number {
    if (this.#next === this.#end) return -1;
    const place = this.#placements.indexOf(placement, this.#next);
    return place < this.#end ? place : -1;
  }

  /** Whoever was unknown then may be known now, and an order may come at another time than was thought. */
  #isOutdated({ nowMs, amounts }: RawPlacement, place: number): boolean {
    const { core } = this.#state;
    const row = this.#rowOf(place);
    if (core.int(row, at.account) === nobody || core.int(row, at.market) === nobody) return true;
    return core.double(row, at.nowMs) !== nowMs || this.#amounts[place] !== amounts;
  }

  /** Lets go of what was announced before a place. */
  #drop(end: number): void {
    if (this.#next === end) return;
    for (; this.#next < end; this.#next += 1) this.#settle(this.#rowOf(this.#next));
    this.#state.dropTexts();
  }

  #settle(row: number): void {
    const { core } = this.#state;
    core.calls.settleRequest(row);
    const client = core.int(row, at.client);
    if (client !== nobody) this.#state.dropUnusedClient(client);
  }

  /** A request of each, its digest's bytes, and where those lie. */
  #takeRoom(): void {
    const { core } = this.#state;
    this.#rows = core.calls.takeRoom(commandsAhead * requestBytes);
    this.#ids = core.calls.takeRoom(commandsAhead * rawIdsBytes);
    this.#digests = core.calls.takeRoom(commandsAhead * digestBytes);
    for (let place = 0; place < commandsAhead; place += 1) {
      const ids = this.#ids + place * rawIdsBytes;
      core.setInt(ids, rawIdsRow.id, this.#digests + place * digestBytes);
      // The core finds it by its text, where there is one.
      core.setInt(ids, rawIdsRow.target, nobody);
    }
  }

  #rowOf(place: number): number {
    return this.#rows + place * requestBytes;
  }
}

/** A digest's bytes as they lie, a word at a time: a view of so few would cost more than they do. */
function copyBytes(bytes: Uint8Array, from: number, words: Int32Array, to: number): void {
  for (let nth = 0; nth < digestBytes / 4; nth += 1) {
    const first = from + nth * 4;
    const low = (bytes[first] as number) | ((bytes[first + 1] as number) << 8);
    const high = ((bytes[first + 2] as number) << 16) | ((bytes[first + 3] as number) << 24);
    words[to + nth] = low | high;
  }
}
