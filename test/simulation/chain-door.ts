/** The door of the chain's simulation: whether a signed order is let in, by what the exchange knows of its signer. That may be two seconds old. */
import { createSigningRights, type SigningRights } from '#cloud/signing-rights.ts';
import { assert } from '#domain/assertion.ts';
import type { PlaceOrder } from '#domain/command.ts';
import { mayTrade } from '../../functions/orders/may-trade.ts';
import { type ChainSimulationWorld, tables } from './chain-world.ts';

/** What a limit is multiplied by where nobody is to be bound by it. */
const unbound = 20;

export class ChainDoor {
  #world: ChainSimulationWorld;
  #rights: SigningRights;

  constructor(world: ChainSimulationWorld) {
    this.#world = world;
    const { clock } = world.time;
    this.#rights = createSigningRights({
      ...{ client: world.calmClient(), table: tables.chainTable, clock },
    });
  }

  /** The order as it enters: a session key's with the leave by which it was signed. */
  async letIn(order: PlaceOrder): Promise<PlaceOrder | undefined> {
    const { markets, planted } = this.#world;
    const { signed, commandId, account, marketId } = order;
    if (await this.#rights.isCancelled(account, commandId)) return undefined;
    const listed = markets.get(marketId);
    assert(listed, `${marketId} is not listed`);
    const rules = { rights: this.#rights, markets, nowMs: this.#world.nowMs() };
    const leave = await mayTrade(signed, listed, rules);
    if (leave.status === 'refused') return undefined;
    if (!leave.delegation) return order;
    const { digest, limitUnits } = leave.delegation;
    const times = planted === 'limit-unbound' ? unbound : 1;
    return { ...order, delegation: { digest, limitUnits: limitUnits * times } };
  }
}
