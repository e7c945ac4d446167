/** A ledger, the Chain table and a vault that is a few lines long: what withdrawals go through, with processes that may die at any call. */
import { Interface, Wallet } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import { depositFacts } from '#cloud/deposit-facts.ts';
import { type FollowPorts, followFacts, readFactCursor } from '#cloud/follow-facts.ts';
import { withdrawalToJson } from '#cloud/funding-json.ts';
import type { ApiAnswer } from '#cloud/http-edge.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import { type SentTransaction, WouldRevert } from '#cloud/send-transaction.ts';
import { withdrawalFacts } from '#cloud/withdrawal-facts.ts';
import { advancePayout, callOf, type PayoutPorts } from '#cloud/withdrawal-steps.ts';
import { openPayouts, type Payout, payoutIdOf, readPayout } from '#cloud/withdrawal-store.ts';
import { units } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { ChainLog } from '#wire/chain-fact.ts';
import { digests, type SignedWithdraw, typedDomain, withdrawTypes } from '#wire/eip712.ts';
import type { WithdrawalTerms } from '#wire/withdrawal-terms.ts';
import { requestWithdrawal } from '../../functions/withdrawals/request-withdrawal.ts';
import { memoryTable } from '../functions/memory-table.ts';
import { chainStory, sourceOf, storyVault, withdrawnLog } from './chain-story.ts';

export const owner = new Wallet(`0x${'11'.repeat(32)}`);
export const account = owner.address.toLowerCase();
export const elsewhere = `0x${'e1'.repeat(20)}`;
export const eth: Asset = {
  id: 'ETH',
  decimals: 8,
  chainDecimals: 18,
  chainAsset: '0x1000000000000000000000000000000000000e70',
};
export const unit = 10n ** 10n;
const domain = { chainId: 31337n, verifyingContract: storyVault };
const digestOf = digests(domain);
const startMs = 1_700_000_000_000;
const minute = 60_000;

export const terms: WithdrawalTerms = {
  newRecipientDelayMs: 60 * minute,
  deadlineAtLeastMs: minute,
  deadlineAtMostMs: 24 * 60 * minute,
  limits: { ETH: { perDay: '0.00001', reviewFrom: '0.000005' } },
};

type Client = FollowPorts['client'];
type PaidTransaction = SentTransaction & { digest: string };

export const withdrawalWorld = () => new WithdrawalWorld();

class WithdrawalWorld {
  readonly memory = memoryTable();
  readonly story = chainStory(startMs);
  readonly sent = new Map<string, PaidTransaction>();
  readonly paid = new Set<string>();
  readonly surprises: unknown[] = [];
  readonly ledger = createLedgerStore({ client: this.memory.client, table: 'ledger' });
  readonly world = {
    nowMs: startMs,
    /** Batches that the vault has settled, and those that hold what was matched so far. */
    lastBatch: 0n,
    planned: 0n as bigint | undefined,
    reverts: false,
    /** An exit took what the vault had for the owner. */
    isShort: false,
    calledBack: 0,
  };
  readonly #chainTable = { client: this.memory.client, table: 'chain' };
  readonly #clock = { nowMs: () => this.world.nowMs };
  readonly #signer = createLocalSigner(`0x${'22'.repeat(32)}`);
  readonly #sender = {
    send: (wanted: { id: string; data: string }) => this.#send(wanted),
    find: async (id: string) => this.sent.get(id),
  };

  fund(value: number) {
    const operationId = `fund-${value}`;
    return this.ledger.deposit({
      ...{ operationId, account, asset: 'ETH', units: units(value), atMs: startMs },
    });
  }

  withdraw(changes: Partial<SignedWithdraw> = {}): SignedWithdraw {
    const deadlineMs = this.world.nowMs + 30 * minute;
    return {
      ...{ account, asset: eth.chainAsset, amount: 100n * unit, recipient: account },
      ...{ afterBatch: 0n, deadlineMs, withdrawalId: 1n },
      ...changes,
    };
  }

  digestOf(withdraw: SignedWithdraw): string {
    return digestOf.withdraw(withdraw);
  }

  async ask(withdraw: SignedWithdraw, client = this.memory.client, by = owner): Promise<ApiAnswer> {
    const signature = await by.signTypedData(typedDomain(domain), withdrawTypes, withdraw);
    const texts = ['amount', 'afterBatch', 'withdrawalId'] as const;
    const named = Object.fromEntries(texts.map((name) => [name, String(withdraw[name])]));
    const body = { withdraw: { ...withdraw, ...named }, signature };
    const request = { requestId: 'r', path: {}, query: {}, headers: {}, body };
    return requestWithdrawal(request, {
      ...{ client, table: 'chain', clock: this.#clock },
      ledger: createLedgerStore({ client, table: 'ledger' }),
      callBack: async () => {
        this.world.calledBack += 1;
      },
      ...{ assets: async () => [eth], digestOf, contracts: [storyVault], terms },
    });
  }

  /** What a process does when a block or a sweep wakes it. */
  async wake(client: Client = this.memory.client): Promise<void> {
    const ports = this.#portsOf(client);
    const surprised = (what: unknown) => this.surprises.push(what);
    const work = withdrawalFacts({ ...ports, vault: storyVault, surprised });
    const where = { client, table: 'chain' };
    const facts = sourceOf(this.story);
    await followFacts({ ...where, consumer: 'chain-facts', facts, work: [work] });
    for (const { digest } of await openPayouts(where)) await advancePayout(ports, digest);
  }

  #portsOf(client: Client): PayoutPorts {
    const where = { client, table: 'chain' };
    const { world } = this;
    return {
      ...where,
      ledger: createLedgerStore({ client, table: 'ledger' }),
      clock: this.#clock,
      chain: {
        ...{ digestOf, signer: this.#signer, sender: this.#sender, vault: storyVault },
        lastBatch: async () => world.lastBatch,
        finalAtMs: async () =>
          (await readFactCursor({ ...where, consumer: 'chain-facts' })).finalAtMs,
        horizon: { due: async () => 'all', batchBehind: async () => world.planned },
      },
    };
  }

  async #send({ id, data }: { id: string; data: string }): Promise<SentTransaction> {
    const known = this.sent.get(id);
    if (known) return known;
    const payout = (await openPayouts(this.#chainTable)).find(
      (each) => each.operatorSignature !== undefined && callOf(each) === data,
    );
    if (!payout) throw new Error('what is sent is no withdrawal that is signed');
    if (this.world.isShort) throw new WouldRevert(id, 'too little', tooLow(payout));
    if (this.world.reverts || this.paid.has(payout.digest)) throw new WouldRevert(id, 'it would');
    const hashes = [`0x${(this.sent.size + 1).toString(16).padStart(64, '0')}`];
    const transaction = { id, nonce: this.sent.size, status: 'broadcast' as const, hashes };
    this.sent.set(id, { ...transaction, digest: payout.digest });
    return transaction;
  }

  /** The next block, with every payment that was sent and can be made; `final` makes it so at once. */
  async mine({ final = true } = {}): Promise<void> {
    const logs: ChainLog[] = [];
    for (const transaction of this.sent.values()) {
      if (transaction.status !== 'broadcast') continue;
      const payout = await this.payoutOf(transaction.digest);
      const isLate = this.story.headAtMs() + 1_000 > payout.deadlineMs;
      const isEarly = this.world.lastBatch < (payout.afterBatch ?? 0n);
      const isPayable = !isLate && !isEarly && !this.world.reverts && !this.paid.has(payout.digest);
      transaction.status = isPayable ? 'confirmed' : 'reverted';
      const transactionHash = transaction.hashes[0] ?? '';
      if (isPayable) logs.push(this.#pay(payout, { transactionHash, logIndex: logs.length }));
    }
    const number = this.story.block(logs);
    if (final) this.story.finalize(number);
  }

  /** Its owner sends it himself. */
  async payByOwner(digest: string): Promise<void> {
    const place = { transactionHash: `0x${'0e'.repeat(32)}`, logIndex: 0 };
    const log = this.#pay(await this.payoutOf(digest), place);
    this.story.finalize(this.story.block([log]));
  }

  #pay(payout: Payout, place: { transactionHash: string; logIndex: number }): ChainLog {
    const { digest, atoms, recipient, chainAsset } = payout;
    this.paid.add(digest);
    const paid = { digest, account: payout.account, asset: BigInt(chainAsset), atoms, recipient };
    return withdrawnLog(paid, place);
  }

  /** Blocks until this time of the chain, final. */
  passTo(atMs: number): void {
    this.world.nowMs = Math.max(this.world.nowMs, atMs);
    this.story.finalize(this.story.blockAt(atMs));
  }

  async payoutOf(digest: string): Promise<Payout> {
    const payout = await readPayout(this.#chainTable, digest);
    if (!payout) throw new Error('there is no such withdrawal');
    return payout;
  }

  async money() {
    const balance = (await this.ledger.balances(account)).find(({ asset }) => asset === 'ETH');
    const { available = 0n, demanded = 0n, withdrawing = 0n } = balance ?? {};
    return { available, demanded, withdrawing };
  }

  /** As its owner sees it. */
  async shown(digest: string) {
    const withdrawal = await this.ledger.withdrawal(payoutIdOf(digest));
    if (!withdrawal) throw new Error('the ledger has no such withdrawal');
    return withdrawalToJson(withdrawal, new Map([['ETH', eth]]), await this.payoutOf(digest));
  }

  async stage(digest: string): Promise<string> {
    const { status } = await this.payoutOf(digest);
    const held = await this.ledger.withdrawal(payoutIdOf(digest));
    return `${status}/${held?.status ?? 'none'}`;
  }
}

/** What the vault reverts with where its balance does not cover a payment. */
const tooLow = ({ account: owner, chainAsset, atoms }: Payout): string =>
  new Interface(vaultAbi).encodeErrorResult('BalanceTooLow', [owner, chainAsset, 0, atoms]);

/** Takes the story's deposits to the ledger, as far as the story goes. */
export async function followDeposits(at: ReturnType<typeof withdrawalWorld>): Promise<void> {
  const where = { client: at.memory.client, table: 'chain' };
  const work = depositFacts({
    ...{ ...where, ledger: at.ledger, clock: { nowMs: () => 5 } },
    ...{ chainId: 31337, vault: storyVault },
    assets: async () => [eth],
    ledgerAccountOf: async (address) => address,
  });
  const facts = sourceOf(at.story);
  await followFacts({ ...where, consumer: 'chain-facts', facts, work: [work] });
}
