/** The guard of the chain's simulation: acts on what users take back on the chain. */
import { factReader } from '#cloud/chain-facts.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { readFactCursor } from '#cloud/follow-facts.ts';
import { cancelAllCommand, tellGroups } from '#cloud/guard-tasks.ts';
import type { LedgerStore } from '#cloud/ledger-store.ts';
import type { CommandRequest, CommandsResponse } from '#wire/matcher-api.ts';
import { ordersOfKey } from '../../containers/matcher/session-keys.ts';
import { consumer, runGuard } from '../../functions/chain-guard/run-guard.ts';
import { delaySeconds } from '../contracts/chain-world.ts';
import type { Reach } from './chain-workers.ts';
import { type ChainSimulationWorld, chainId, groupIds, tables } from './chain-world.ts';
import type { TradingGroup } from './trading-group.ts';

type CancelAllRequest = Extract<CommandRequest, { type: 'cancel_all' }>;

/** Who has not heard of the chain for so long takes nothing new. */
const staleMs = (delaySeconds * 1_000) / 4;

/** A round that came to its end: what the chain had shown before it began was acted on. */
export type GuardRound = { throughMs: number; beganAtMs: number; endedAtMs: number };

export class ChainGuarding {
  readonly rounds: GuardRound[] = [];
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
    const beganAtMs = world.nowMs();
    const seen = await readFactCursor({ ...where, client: world.calmClient(), consumer });
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
      delegations:
        world.planted === 'key-outlives'
          ? { revoke: async () => undefined }
          : createDelegationStore(where),
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
    this.rounds.push({ throughMs: seen.headAtMs, beganAtMs, endedAtMs: world.nowMs() });
  }

  /** Whether the exchange has heard of the chain lately: otherwise it takes cancels only. */
  get isListening(): boolean {
    return this.#world.nowMs() - this.#headAtMs <= staleMs;
  }

  #tell(groupId: string, commands: readonly CommandRequest[]): CommandsResponse {
    const group = this.#world.groups.find((each) => each.groupId === groupId);
    for (const command of commands) {
      if (!group) continue;
      if (command.type === 'cancel_all') this.#cancelAll(group, command);
      if (command.type === 'cancel') group.cancelOrder(command.account, command.digest);
    }
    // An answer is of what is in the journal.
    group?.close();
    const results = commands.map(({ type }) => ({ status: 'accepted', type }));
    return { epoch: 1, results } as unknown as CommandsResponse;
  }

  /** Of a session key: what it placed, and nothing else of its owner's. */
  #cancelAll(group: TradingGroup, command: CancelAllRequest): void {
    const { planted } = this.#world;
    const { account, delegation } = command;
    if (delegation === undefined) return void group.cancelAll(account);
    if (planted === 'key-outlives') return;
    const others = () => group.engine.ordersOf(account).filter((order) => isOther(order, command));
    const before = others().length;
    if (planted === 'key-cancels-all') group.cancelAll(account);
    else
      for (const digest of ordersOfKey(command, group.engine)) group.cancelOrder(account, digest);
    const [left] = ordersOfKey(command, group.engine);
    if (left) this.#world.bug(`${left} lives, and ${delegation} is revoked`);
    if (others().length < before)
      this.#world.bug(`other orders of ${account} end with those of ${delegation}`);
  }
}

const isOther = (order: { delegation?: string }, { delegation }: CancelAllRequest): boolean =>
  order.delegation !== delegation;
