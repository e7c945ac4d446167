/** What the guard stands between: a chain's facts, a ledger whose credit is lent out, the Chain table, and matchers that may be silent. */

import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { type Exit, openExits, readExit } from '#cloud/exit-store.ts';
import { cancelAllCommand, tellGroups } from '#cloud/guard-tasks.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { MatcherUnavailable } from '#cloud/matcher-client.ts';
import { units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { ChainHead, CommandRequest, CommandsResponse } from '#wire/matcher-api.ts';
import { type GuardPorts, runGuard } from '../../functions/chain-guard/run-guard.ts';
import { memoryTable } from '../functions/memory-table.ts';
import { actLog, chainStory, sourceOf, storyVault } from './chain-story.ts';
import { HandWrittenJournal } from './clearing-journal.ts';
import { eth, unit } from './withdrawal-world.ts';

export { eth, storyVault, unit };
export const alice = `0x${'a1'.repeat(20)}`;
export const bob = `0x${'b0'.repeat(20)}`;
const startMs = 1_700_000_000_000;
const chainId = 31_337;

type Client = GuardPorts['client'];

export class GuardWorld {
  readonly memory = memoryTable();
  readonly story = chainStory(startMs);
  readonly told: { groupId: string; command: CommandRequest }[] = [];
  readonly heads: (ChainHead & { groupId: string })[] = [];
  readonly problems: string[] = [];
  readonly silent = new Set<string>();
  readonly groups = ['majors', 'minors'] as const;
  nowMs = startMs;
  /** What a matcher does when its credit is called back. */
  onCallBack: () => Promise<void> = async () => {};
  #logs = 0;
  #journal = new HandWrittenJournal('majors');
  #cleared = 0;
  #returns = new Map<string, number>();

  constructor() {
    this.#journal.epoch();
  }

  get ledger() {
    return createLedgerStore({ client: this.memory.client, table: 'ledger' });
  }

  get chain() {
    return { client: this.memory.client, table: 'chain' };
  }

  async deposit(account: string, value: number): Promise<void> {
    const operationId = `deposit-${++this.#logs}`;
    const money = { account, asset: 'ETH', units: units(value) };
    await this.ledger.deposit({ operationId, ...money, atMs: startMs });
  }

  /** Grants, as a matcher asks for them, until its frame is cleared. */
  async lend(account: string, value: number): Promise<void> {
    const request = { groupId: 'majors', account, asset: 'ETH', atMs: startMs };
    const granted = await this.ledger.grant({
      ...{ ...request, least: units(value), most: units(value) },
    });
    assert(granted.status === 'granted', `a grant was ${granted.status}`);
    const { grantNumber } = granted.grant;
    const credit = { account, asset: 'ETH', units: value };
    await this.#clear({ type: 'credit_granted', ...credit, grantNumber });
  }

  /** What is free in a matcher comes home. */
  giveBack(account: string, value: number): Promise<void> {
    const credit = { account, asset: 'ETH', units: value };
    const returnNumber = (this.#returns.get(account) ?? 0) + 1;
    this.#returns.set(account, returnNumber);
    return this.#clear({ type: 'credit_returned', ...credit, returnNumber });
  }

  async #clear(event: Parameters<HandWrittenJournal['frame']>[0][number]): Promise<void> {
    this.#journal.frame([event]);
    const store = createClearingStore({ client: this.memory.client, table: 'ledger' });
    const records = this.#journal.records.slice(this.#cleared);
    this.#cleared = this.#journal.records.length;
    const readRange = () => Promise.reject(new Error('every record was given'));
    const done = await clearJournal({ store, readRange }, 'majors', records);
    assert(done.status === 'done', `not cleared: ${done.status}`);
  }

  log(name: Parameters<typeof actLog>[0], ...values: unknown[]) {
    this.#logs += 1;
    const transactionHash = `0x${this.#logs.toString(16).padStart(64, '0')}`;
    return actLog(name, values, { transactionHash, logIndex: 0 });
  }

  exitRequested(exitId: number, account: string, atoms: bigint) {
    const asset = BigInt(eth.chainAsset);
    return this.log('ExitRequested', exitId, account, asset, atoms, this.story.headAtMs());
  }

  exitFinalized(exitId: number, account: string, atoms: bigint) {
    return this.log('ExitFinalized', exitId, account, BigInt(eth.chainAsset), atoms);
  }

  /** A round of the guard, as a bell or the clock wakes it. */
  round(client: Client = this.memory.client) {
    return runGuard(this.ports(client));
  }

  ports(client: Client): GuardPorts {
    const chain = { client, table: 'chain' };
    const matchers = this.#matchers();
    const { groups } = this;
    return {
      ...{ ...chain, chainId, groups, matchers, vault: storyVault },
      clock: { nowMs: () => this.nowMs },
      assets: async () => [eth],
      delegations: createDelegationStore(chain),
      facts: sourceOf(this.story),
      ledger: createLedgerStore({ client, table: 'ledger' }),
      cancelOrders: (account, seed) =>
        tellGroups(cancelAllCommand(account, seed), { matchers, groups }),
      callBack: () => this.onCallBack(),
      failed: (what, error) => this.problems.push(`${what}: ${(error as Error).message}`),
    };
  }

  #matchers(): GuardPorts['matchers'] {
    const reach = (groupId: string) => {
      if (this.silent.has(groupId))
        throw new MatcherUnavailable('unavailable', `${groupId} is silent`);
    };
    return {
      send: async (groupId, commands): Promise<CommandsResponse> => {
        reach(groupId);
        for (const command of commands) this.told.push({ groupId, command });
        const results = commands.map((command) => ({
          ...{ status: 'refused' as const, code: 'unknown_order' as const },
          commandId: 'commandId' in command ? command.commandId : command.digest,
        }));
        return { epoch: 1, results };
      },
      tellHead: async (groupId, head) => {
        reach(groupId);
        this.heads.push({ groupId, ...head });
      },
    };
  }

  /** What matchers were told: type, account or digest; by group. */
  toldTo(groupId: string): string[] {
    return this.told
      .filter((each) => each.groupId === groupId)
      .map(({ command }) =>
        command.type === 'cancel'
          ? `cancel ${command.digest}`
          : `${command.type} ${'account' in command ? command.account : ''}`,
      );
  }

  async exits(): Promise<Exit[]> {
    return openExits(this.chain);
  }

  exit = (id: string) => readExit(this.chain, id);

  async money(account = alice) {
    const balance = (await this.ledger.balances(account)).find(({ asset }) => asset === 'ETH');
    const { available = 0n, demanded = 0n, withdrawing = 0n, credit = [] } = balance ?? {};
    const out = credit.reduce((sum, each) => sum + each.frozen + each.pending, 0n);
    return { available, demanded, withdrawing, out };
  }
}
