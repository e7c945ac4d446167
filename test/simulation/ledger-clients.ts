/**
 * Who moves money outside the journal in the ledger's simulation: deposits, transfers, withdrawals through all their states,
 * adjustments with their approvers. Every wish is tried by process after process until its answer is told, then again, and once
 * in a while with another content under the same id; what is told is kept for the audit.
 */
import type { LedgerStore } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import { greatestUnits } from '#domain/ledger-operation.ts';
import { dustAccount, vaultAccount } from '#wire/table-keys.ts';
import { asError } from '../../containers/matcher/doubt.ts';
import { pause } from '../../containers/matcher/timers.ts';
import type { LedgerWatch } from './ledger-watch.ts';
import { assets, house, type LedgerWorld, subAccounts, traders } from './ledger-world.ts';
import { isExcused } from './matcher-run.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** What somebody was told: of which step of which id, asked for with what. */
export type Told = {
  step:
    | 'deposit'
    | 'transfer'
    | 'demand'
    | 'hold'
    | 'finish'
    | 'return'
    | 'propose'
    | 'approve'
    | 'reject';
  id: string;
  /** What was asked for; the same text where the same was. */
  content: string;
  status: string;
  /** The operation or withdrawal that the answer told of. */
  first?: Record<string, unknown>;
  /** Of a refusal for lack of money: the least that could be taken while it was decided. */
  leastUnits?: bigint;
  wantedUnits: bigint;
};

export type Content = { account: string; to: string; asset: string; units: bigint };
type Asked = { id: string; content: Content };

const operators = ['olga', 'otto', 'ozan'];
/** A process that died never answers; whoever waits for it starts another. */
const patienceMs = 6_000;

export class LedgerClients {
  readonly told: Told[] = [];
  #world: LedgerWorld;
  #watch: LedgerWatch;
  #storeOf: (process: SimulatedProcess) => LedgerStore;
  #callBack: (account: string, asset: string) => void;
  #ids = 0;
  #tries = 0;
  #busy = 0;
  #stopped = false;

  constructor(
    world: LedgerWorld,
    ports: {
      watch: LedgerWatch;
      storeOf: (process: SimulatedProcess) => LedgerStore;
      callBack: (account: string, asset: string) => void;
    },
  ) {
    this.#world = world;
    this.#watch = ports.watch;
    this.#storeOf = ports.storeOf;
    this.#callBack = ports.callBack;
  }

  get isIdle(): boolean {
    return this.#busy === 0;
  }

  /** Everything that is begun is brought to its end soon. */
  stop(): void {
    this.#stopped = true;
  }

  act(): void {
    const what = this.#random(20);
    if (what < 6) this.#do(this.#deposit());
    else if (what < 10) this.#do(this.#transfer());
    else if (what < 17) this.#do(this.#withdraw());
    else this.#do(this.#adjust());
  }

  async #deposit(): Promise<void> {
    const asked = this.#ask('deposit', this.#any([...traders, ...traders, ...subAccounts]));
    await this.#insist('deposit', asked, (store, { id, content }) =>
      store.deposit({
        operationId: id,
        ...content,
        units: units(content.units),
        atMs: this.#now(),
      }),
    );
  }

  async #transfer(): Promise<void> {
    const [one, other] = [this.#random(3), this.#random(8) ? -1 : this.#random(3)];
    const from = traders[one] ?? '';
    const to = subAccounts[other < 0 ? one : other] ?? '';
    const [giver, taker] = this.#random(2) ? [from, to] : [to, from];
    const asked = this.#ask('transfer', this.#random(15) ? giver : taker, taker);
    await this.#insist('transfer', asked, (store, { id, content }) => {
      const { account, to: taken, asset } = content;
      const moved = { from: account, to: taken, asset, units: units(content.units) };
      return store.transfer({ operationId: id, ...moved, atMs: this.#now() });
    });
  }

  /** Demanded or not, held or given up, finished or returned, or both by two who do not know of each other. */
  async #withdraw(): Promise<void> {
    const account = this.#any([...traders, ...traders, ...subAccounts]);
    const asked = this.#ask('withdrawal', account);
    const { id, content } = asked;
    const request = ({ content: each }: Asked) => ({
      ...{ withdrawalId: id, account: each.account, asset: each.asset },
      ...{ units: units(each.units), atMs: this.#now() },
    });
    const ended = () => ({ withdrawalId: id, atMs: this.#now() });
    const finish = () =>
      this.#insist('finish', asked, (store) => store.finishWithdrawal(ended()), false);
    const giveBack = () =>
      this.#insist('return', asked, (store) => store.returnWithdrawal(ended()), false);
    if (this.#random(3)) {
      await this.#insist('demand', asked, (store, each) => store.demandWithdrawal(request(each)));
      this.#callBack(content.account, content.asset);
      await pause(this.#world.time.timers, this.#random(3_000));
    }
    if (this.#random(12) === 0) await this.#any([finish, giveBack])();
    let status = 'balance_too_low';
    for (let tried = 0; tried < 3 && status === 'balance_too_low'; tried += 1) {
      status = await this.#insist('hold', asked, (store, each) =>
        store.holdWithdrawal(request(each)),
      );
      await pause(this.#world.time.timers, this.#random(1_500));
      if (this.#stopped) break;
    }
    const isHeld = status === 'created' || status === 'exists';
    if (!isHeld) await giveBack();
    else if (this.#random(4) === 0) await Promise.all([finish(), giveBack()]);
    else await this.#any([finish, giveBack, finish])();
  }

  async #adjust(): Promise<void> {
    const account = this.#any(traders);
    const asked = this.#ask('adjustment', account, this.#random(6) ? house : dustAccount);
    if (this.#random(2)) asked.content.units = -asked.content.units;
    const [by, ...others] = this.#shuffled(operators);
    const [first = '', second = ''] = others;
    await this.#insist('propose', asked, (store, { id, content }) =>
      store.proposeAdjustment({
        ...{ adjustmentId: id, account: content.account, house: content.to, by: by ?? '' },
        ...{ asset: content.asset, units: units(content.units), why: 'a test', atMs: this.#now() },
      }),
    );
    const word = (who: string) => ({ adjustmentId: asked.id, by: who, atMs: this.#now() });
    const approve = (who: string) =>
      this.#insist('approve', asked, (store) => store.approveAdjustment(word(who)), false);
    const reject = () =>
      this.#insist(
        'reject',
        asked,
        (store) => store.rejectAdjustment({ ...word(first), why: 'no' }),
        false,
      );
    const words = [approve(first), approve(second)];
    if (this.#random(4) === 0) words.push(approve(by ?? ''), approve(first));
    if (this.#random(6) === 0) words.push(reject());
    await Promise.all(words);
  }

  #ask(kind: string, account: string, to = ''): Asked {
    this.#ids += 1;
    const amount = this.#any(
      [1n, 7n, 300n, 900n, 2_500n].map((each) => each + BigInt(this.#random(9))),
    );
    const content = { account, to, asset: this.#any(assets), units: amount };
    const oddity = this.#random(40);
    if (oddity === 0) content.units = 0n;
    if (oddity === 1) content.units = -5n;
    if (oddity === 2) content.units = greatestUnits + 1n;
    if (oddity === 3) content.asset = 'DOGE';
    if (oddity === 4) content.account = this.#any([vaultAccount, house]);
    return { id: `${kind}-${this.#ids}`, content };
  }

  /** Tries until it is told; then may ask again, the same or something else. Gives the first answer that was told. */
  async #insist(
    step: Told['step'],
    asked: Asked,
    act: (store: LedgerStore, asked: Asked) => Promise<Answer>,
    mayDiffer = true,
  ): Promise<string> {
    let first: string | undefined;
    // Somebody else was asked for it as well.
    const rival = this.#random(8) === 0 ? this.#try(step, asked, act) : undefined;
    while (first === undefined && this.#world.bugs.length === 0)
      first = await this.#try(step, asked, act);
    await rival;
    if (this.#random(6) === 0) await this.#try(step, asked, act);
    if (mayDiffer && this.#random(10) === 0) {
      const content = { ...asked.content };
      if (this.#random(2)) content.units += 1n;
      else content.asset = this.#any(assets);
      await this.#try(step, { id: asked.id, content }, act);
    }
    return first ?? 'broken';
  }

  /** One process; what it was told, or nothing. */
  async #try(
    step: Told['step'],
    asked: Asked,
    act: (store: LedgerStore, asked: Asked) => Promise<Answer>,
  ): Promise<string | undefined> {
    const { time } = this.#world;
    this.#tries += 1;
    const process = this.#world.process(`${step}-${asked.id}-${this.#tries}`);
    const { account, asset, units: wanted } = asked.content;
    const giver = step === 'approve' && wanted > 0n ? asked.content.to : account;
    const changes = this.#watch.changesOf(giver, asset);
    const answered = act(this.#storeOf(process), asked).then(
      (answer) => {
        const leastUnits = this.#watch.leastSince(giver, asset, changes);
        this.told.push(toldBy(step, asked, answer, leastUnits));
        this.#world.note(`${process.name} ${answer.status}`);
        return answer.status;
      },
      (thrown: unknown) => {
        const error = asError(thrown);
        if (!isExcused(error)) this.#world.bug(`${process.name}: ${error.stack}`);
        return undefined;
      },
    );
    const givenUp = pause(time.timers, patienceMs).then(() => undefined);
    const status = await Promise.race([answered, givenUp]);
    if (status === undefined) await pause(time.timers, this.#random(500));
    return status;
  }

  #do(wish: Promise<void>): void {
    this.#busy += 1;
    wish.then(
      () => {
        this.#busy -= 1;
      },
      (error) => this.#world.bug(`a client: ${error.stack}`),
    );
  }

  #now(): number {
    // Clocks of processes are apart.
    return this.#world.nowMs() - this.#random(50);
  }

  #shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    return list.map(() => left.splice(this.#random(left.length), 1)[0] as T);
  }

  #random(below: number): number {
    return this.#world.random(below);
  }

  #any<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }
}

type Answer = { status: string; operation?: unknown; withdrawal?: unknown; adjustment?: unknown };

const contentText = ({ account, to, asset, units: wanted }: Content): string =>
  `${account} ${to} ${asset} ${wanted}`;

function toldBy(step: Told['step'], { id, content }: Asked, answer: Answer, least: bigint): Told {
  const { status, operation, withdrawal } = answer;
  const first = (operation ?? withdrawal) as Record<string, unknown> | undefined;
  return {
    ...{ step, id, content: contentText(content), status, wantedUnits: content.units },
    ...(first ? { first } : {}),
    ...(status === 'balance_too_low' ? { leastUnits: least } : {}),
  };
}
