/** The door of the chain's simulation: whether a signed order is let in, by what the exchange knows of its signer. That may be two seconds old. */
import { createSigningRights, type SigningRights } from '#cloud/signing-rights.ts';
import type { PlaceOrder } from '#domain/command.ts';
import { verifyOrder } from '../../functions/orders/verify-order.ts';
import { type ChainSimulationWorld, tables } from './chain-world.ts';

/** What a limit is multiplied by where nobody is to be bound by it. */
const unbound = 20;

export class ChainDoor {
  #world: ChainSimulationWorld;
  #rights: SigningRights;

  constructor(world: ChainSimulationWorld) {
    this.#world = world;
    const { clock } = world.time;
    const rights = createSigningRights({
      ...{ client: world.calmClient(), table: tables.chainTable, clock },
    });
    const isBlind = world.planted === 'exits-unheard';
    this.#rights = isBlind ? { ...rights, leavingAssets: async () => new Set() } : rights;
  }

  /** The order as it enters: a session key's with the leave by which it was signed. */
  async letIn(order: PlaceOrder): Promise<PlaceOrder | undefined> {
    const { markets, planted, node } = this.#world;
    const body = { order: order.signed, signature: order.signature };
    const verified = await verifyOrder(body, {
      ...{ markets, rights: this.#rights, nowMs: this.#world.nowMs() },
      digestOf: node.world.digests,
    });
    if (verified.status === 'refused') return undefined;
    const { delegation } = verified.command;
    if (!delegation) return order;
    const times = planted === 'limit-unbound' ? unbound : 1;
    return { ...order, delegation: { ...delegation, limitUnits: delegation.limitUnits * times } };
  }
}
