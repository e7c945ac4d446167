/** The guard of the chain's simulation: acts on what users take back on the chain, and is the door that such acts close. */
import { isCancelled, readChainAccount } from '#cloud/chain-account.ts';
import { factReader } from '#cloud/chain-facts.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { cancelAllCommand, tellGroups } from '#cloud/guard-tasks.ts';
import type { LedgerStore } from '#cloud/ledger-store.ts';
import type { PlaceOrder } from '#domain/command.ts';
import type { CommandRequest, CommandsResponse } from '#wire/matcher-api.ts';
import { consumer, runGuard } from '../../functions/chain-guard/run-guard.ts';
import { delaySeconds } from '../contracts/chain-world.ts';
import type { Reach } from './chain-workers.ts';
import { type ChainSimulationWorld, chainId, groupIds, tables } from './chain-world.ts';

/** Who has not heard of the chain for so long takes nothing new. */
const staleMs = (delaySeconds * 1_000) / 4;

export class ChainGuarding {
  #world: ChainSimulationWorld;
  #ledger: (reach: Reach) => LedgerStore;
  #headAtMs: number;

  constructor(world: ChainSimulationWorld, ledger: (reach: Reach) => LedgerStore) {
    this.#world = world;
    this.#ledger = ledger;
    this.#headAtMs = world.nowMs();
  }

  async work(reach: Reach): Promise<void> {
    const world = this.#world;
    const where = { client: world.tablesBy(reach), table: tables.chainTable };
    const matchers = {
      send: (groupId: string, commands: CommandRequest[]) =>
        reach(() => this.#tell(groupId, commands)),
      tellHead: (_: string, { atMs }: { atMs: number }) =>
        reach(() => {
          this.#headAtMs = Math.max(this.#headAtMs, atMs);
        }),
    };
    await runGuard({
      ...{ ...where, chainId, clock: { nowMs: () => world.nowMs() }, matchers, groups: groupIds },
      // One who looks at another contract sees blocks without acts.
      vault:
        world.planted === 'guard-blind' ? `0x${'99'.repeat(20)}` : world.node.world.places.vault,
      delegations: createDelegationStore(where),
      facts: { after: factReader({ ...where, chainId, consumer }).read },
      ledger: this.#ledger(reach),
      assets: async () => [...world.assets.values()],
      cancelOrders: (account, seed) =>
        tellGroups(cancelAllCommand(account, seed), { matchers, groups: groupIds }),
      callBack: async ({ account, asset }) => {
        for (const group of world.groups) group.giveBack(account, asset);
      },
      failed: (what, error) => world.bug(`${what}: ${(error as Error).stack}`),
    });
  }

  /** Whether a signed order is let in. */
  async mayEnter(reach: Reach, { signed, commandId, account }: PlaceOrder): Promise<boolean> {
    if (this.#world.nowMs() - this.#headAtMs > staleMs) return false;
    const where = { client: this.#world.tablesBy(reach), table: tables.chainTable };
    const { epoch, hasCancelled } = await readChainAccount(where, account);
    if (signed.epoch < epoch) return false;
    return !(hasCancelled && (await isCancelled(where, account, commandId)));
  }

  #tell(groupId: string, commands: readonly CommandRequest[]): CommandsResponse {
    const group = this.#world.groups.find((each) => each.groupId === groupId);
    for (const command of commands) {
      if (command.type === 'cancel_all') group?.cancelAll(command.account);
      if (command.type === 'cancel') group?.cancelOrder(command.account, command.digest);
    }
    const results = commands.map(({ type }) => ({ status: 'accepted', type }));
    return { epoch: 1, results } as unknown as CommandsResponse;
  }
}
