/** A trading floor whose clients are told everything that happens on it, as the API would: what a drill compares, without an exchange. */
import type { Command } from '#domain/command.ts';
import type { EngineEvent, Outcome } from '#domain/event.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { OrderJson } from '#wire/feed-message.ts';
import { fillToJson, levelsToText, orderToJson } from '#wire/present.ts';
import { firstAnswer } from '../../containers/matcher/answers.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, base, plainMarket, quote, TradingFloor } from '../engine/trading-floor.ts';
import {
  type BookShown,
  compareBook,
  compareSizes,
  compareTold,
  type Differences,
} from './compare.ts';
import { tellStory } from './journal-story.ts';
import { type Answer, Told } from './told.ts';

const listed: ListedMarket = { market: plainMarket, base, quote };
export const markets = new Map([[plainMarket.id, listed]]);
const { groupId } = plainMarket;

export class ToldFloor {
  readonly told = new Told();
  /** What the journal holds; tests take away from it and add to it. */
  readonly outcomes: Outcome<Command>[] = [];
  readonly #floor = new TradingFloor(createEngine({ groupId }));

  constructor() {
    for (const trader of ['alice', 'bob']) {
      this.#keep(this.#floor.grant(address(trader), 'USDC', 100_000));
      this.#keep(this.#floor.grant(address(trader), 'ETH', 1_000));
    }
  }

  place(trader: 'alice' | 'bob', side: 'buy' | 'sell', limitTicks: number, sizeLots: number) {
    const command = this.#floor.placing({ account: address(trader), side, limitTicks, sizeLots });
    this.#keep(this.#floor.apply(command));
    this.#tell('order', command.account, command.commandId, command.commandId);
    return command.commandId;
  }

  cancel(trader: 'alice' | 'bob', order: string): string {
    this.#keep(this.#floor.cancel(order, address(trader)));
    const commandId = this.#floor.commands.at(-1)?.commandId ?? '';
    this.#tell('cancel', address(trader), commandId, order);
    return commandId;
  }

  /** A command's client is answered once more. */
  answer(commandId: string, answer: Answer): void {
    const sent = this.told.sent.find((each) => each.commandId === commandId);
    if (!sent) throw new Error(`nobody sent ${commandId}`);
    this.told.answered(sent, answer);
  }

  book(): BookShown {
    const { engine } = this.#floor;
    const open = ['alice', 'bob'].flatMap((trader) =>
      engine.ordersOf(address(trader)).map((order) => orderToJson({ ...order }, listed)),
    );
    const depth = engine.depth(plainMarket.id, 100);
    const levels = new Map([
      ...levelsToText(depth?.bids ?? [], listed).map(
        ([price, size]) => [`buy ${price}`, size] as const,
      ),
      ...levelsToText(depth?.asks ?? [], listed).map(
        ([price, size]) => [`sell ${price}`, size] as const,
      ),
    ]);
    return { open, levels: new Map([[plainMarket.id, levels]]) };
  }

  differences(shown: BookShown = this.book()): Differences {
    const story = tellStory([{ groupId, frames: [{ outcomes: this.outcomes }] }]);
    const found: Differences = { lost: [], doubled: [], unsettled: [] };
    compareTold(this.told, story, markets, found);
    compareSizes(story, found);
    compareBook(story, shown, markets, found);
    return found;
  }

  #keep(events: EngineEvent[]): void {
    const command = this.#floor.commands.at(-1);
    if (command) this.outcomes.push({ command, events });
  }

  #tell(kind: 'order' | 'cancel', account: string, commandId: string, order: string): void {
    const { events = [] } = this.outcomes.at(-1) ?? {};
    const sent = this.told.send({ kind, commandId, account, groupId, order });
    const result = firstAnswer({ commandId, digest: order }, events, this.#floor.engine);
    if (result.status === 'refused') {
      this.told.answered(sent, { type: 'refused', code: result.code });
      return;
    }
    const { sequence, fills } = result;
    const shown: OrderJson | undefined = result.order && orderToJson(result.order, listed);
    this.told.answered(sent, {
      ...{ type: 'accepted', sequence, fills: fills.map((fill) => fillToJson(fill, listed)) },
      ...(shown ? { order: shown } : {}),
    });
  }
}
