/**
 * New orders that were announced before their turn: they are resolved to requests, and what the core will need of them is read together.
 * What an announced order comes to is decided when it is placed, never before.
 */
import type { RawPlacement } from '#domain/raw-order.ts';
import { commandsAhead } from '../limits.ts';
import { nobody } from './core-instance.ts';
import { requestRow as at, rawNamesBytes, requestAt, requestBytes } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { type NamesPlace, namesBytes, requestNames, writeOrderNames } from './raw-names.ts';
import { resolvePlacement } from './resolve.ts';

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
  /** One behind the other, as the requests are. */
  #names: NamesPlace[] = [];

  constructor(state: FastState) {
    this.#state = state;
  }

  /** Takes the first of them; those that were announced before count no more. */
  announce(placements: readonly RawPlacement[]): void {
    const state = this.#state;
    const { core } = state;
    this.#drop(this.#end);
    if (this.#rows === nobody) this.#takeRoom();
    this.#placements = placements;
    this.#next = 0;
    this.#end = Math.min(placements.length, commandsAhead);
    if (this.#end === 0) return;
    // Names first: that loop is short, so that memory answers for several orders at once.
    for (let place = 0; place < this.#end; place += 1) {
      const { order } = placements[place] as RawPlacement;
      writeOrderNames(order, core, this.#names[place] as NamesPlace);
    }
    for (let place = 0; place < this.#end; place += 1) {
      const placement = placements[place] as RawPlacement;
      this.#amounts[place] = placement.amounts;
      resolvePlacement(placement, state, this.#rowOf(place));
    }
    core.calls.resolveRaw(this.#rows, (this.#names[0] as NamesPlace).row, this.#end);
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

  /** What was looked at. One that was announced waits for its turn. */
  letGo(row: number): void {
    if (row !== requestAt) return;
    this.#settle(row);
    this.#state.dropTexts();
  }

  #resolved(placement: RawPlacement): number {
    const { core } = this.#state;
    writeOrderNames(placement.order, core, requestNames);
    resolvePlacement(placement, this.#state, requestAt);
    core.calls.resolveRaw(requestAt, requestNames.row, 1);
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

  /** A request of each, where its names lie, and those. */
  #takeRoom(): void {
    const { calls } = this.#state.core;
    this.#rows = calls.takeRoom(commandsAhead * requestBytes);
    const row = calls.takeRoom(commandsAhead * rawNamesBytes);
    const bytesAt = calls.takeRoom(commandsAhead * namesBytes);
    this.#names = Array.from({ length: commandsAhead }, (_, place) => ({
      row: row + place * rawNamesBytes,
      bytesAt: bytesAt + place * namesBytes,
    }));
  }

  #rowOf(place: number): number {
    return this.#rows + place * requestBytes;
  }
}
