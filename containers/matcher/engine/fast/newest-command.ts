/** What the newest command did, as it lies in the core's rows. */
import type { EngineEvent } from '#domain/event.ts';
import type { RawEvent, RawProgress } from '#domain/raw-event.ts';
import type { Did } from '../engine.ts';
import { eventTags } from '../event-hash.ts';
import { nobody } from './core-instance.ts';
import { engineState, eventRow, eventsAt, requestRow, stateAt } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { statusAt } from './order-place.ts';
import { placeOf } from './order-row.ts';
import { fillAmounts, RawEvents } from './raw-events.ts';
import { eventBytes, renderEvents } from './render-events.ts';
import { requestKinds } from './request.ts';

const placeKind = requestKinds.indexOf('place');
const continueKind = requestKinds.indexOf('continue');

export class NewestCommand implements Did {
  readonly #state: FastState;
  readonly #raw: RawEvents;
  readonly #progress = emptyProgress();
  /** The id of the newest placement, as long as no other command came than those that go on with it. */
  #placed = nobody;

  constructor(state: FastState) {
    this.#state = state;
    this.#raw = new RawEvents(state);
  }

  /** Takes note of a request that is applied next: when it was, it names no id any more. */
  begin(request: number): void {
    const { core } = this.#state;
    const kind = core.int(request, requestRow.kind);
    if (kind === placeKind) this.#placed = core.int(request, requestRow.id);
    else if (kind !== continueKind) this.#placed = nobody;
  }

  /** The id of the order that it placed, or goes on with; nobody where it was refused, or is another command. */
  get placed(): number {
    const isRefused = this.#state.core.int(eventsAt, eventRow.tag) === eventTags.refused;
    return isRefused ? nobody : this.#placed;
  }

  get count(): number {
    return this.#state.core.int(stateAt, engineState.eventCount);
  }

  each(visit: (event: RawEvent) => void): void {
    const { count, placed } = this;
    const before = this.#state.sequence - count;
    for (let nth = 0; nth < count; nth += 1)
      visit(this.#raw.at(eventsAt + nth * eventBytes, before + nth + 1, placed));
  }

  events(commandId: string): EngineEvent[] {
    const events: EngineEvent[] = [];
    renderEvents(this.#state, commandId, (event) => events.push(event));
    return events;
  }

  progress(): RawProgress | undefined {
    const { placed } = this;
    const { core } = this.#state;
    const order = this.#state.orderOf(placed);
    if (order === nobody) return undefined;
    const progress = this.#progress;
    progress.status = statusAt(placeOf(core, order));
    fillAmounts(progress, core, order);
    return progress;
  }
}

const emptyProgress = (): RawProgress => ({
  status: 'open',
  limitTicks: 0,
  triggerTicks: 0,
  sizeLots: Number.NaN,
  displayLots: Number.NaN,
  spendUnits: Number.NaN,
  filledLots: Number.NaN,
  filledQuoteUnits: Number.NaN,
  feeUnits: Number.NaN,
});
