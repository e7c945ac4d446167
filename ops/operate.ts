/** Carries out what was typed: asks where that is due, sends the order, repeats what nobody answered, tells what became of it. */
import type { MarketState } from '#domain/market.ts';
import type { GroupAnswer, OperationsAnswer, OperationsEvent } from '#wire/operations.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { marketTable } from './market-table.ts';
import { requestOf } from './request.ts';
import { usage } from './usage.ts';
import { readWish, type Wish } from './wish.ts';
import { Wrong } from './wrong.ts';

export type OperatorPorts = {
  /** Reaches the function of a stage; throws where there is none. */
  reach(where: { stage: string; stateFolder?: string }): Promise<{
    invoke(event: OperationsEvent): Promise<OperationsAnswer>;
    /** Who is asking, as far as this machine knows. */
    by: string;
  }>;
  newCommandId(): string;
  /** Asks the person; undefined where nobody sits there. */
  ask(question: string): Promise<string | undefined>;
  say(line: string): void;
  complain(line: string): void;
  nowMs(): number;
  pause(ms: number): Promise<void>;
};

/** A leader that is being replaced leads again within about a minute. */
const tries = 4;
const tryAgainMs = 3_000;
/** The directory follows the journal within a second or two. */
const directoryTries = 20;
const directoryEveryMs = 500;

/** Answers the exit code: 0 done, 1 not done, 2 not understood. */
export async function operateBy(words: readonly string[], ports: OperatorPorts): Promise<number> {
  const wish = readWish(words);
  if (wish.type === 'help') {
    ports.say(usage);
    return 0;
  }
  try {
    if (wish.type === 'wrong') throw new Wrong(wish.sentence);
    return wish.type === 'markets' ? await showMarkets(wish, ports) : await giveOrder(wish, ports);
  } catch (error) {
    const isWrong = error instanceof Wrong;
    const message = error instanceof Error ? error.message : String(error);
    if (wish.json) ports.say(JSON.stringify({ ok: false, error: message }));
    else ports.complain(isWrong ? `${message}\nSee: npm run ops -- --help` : message);
    return isWrong ? 2 : 1;
  }
}

type WishOf<T extends Wish['type']> = Extract<Wish, { type: T }>;
type Invoke = (event: OperationsEvent) => Promise<OperationsAnswer>;

async function showMarkets(wish: WishOf<'markets'>, ports: OperatorPorts): Promise<number> {
  const { invoke } = await ports.reach(wish);
  const shown = await marketsBy(invoke);
  if (wish.json) ports.say(JSON.stringify({ ok: true, ...shown }));
  else ports.say(marketTable(shown.markets, ports.nowMs()));
  return 0;
}

async function marketsBy(invoke: Invoke) {
  const answer = await invoke({ type: 'show_markets' });
  if (answer.status !== 'markets') throw new Error(`the markets were not told: ${answer.status}`);
  const { groups, markets } = answer;
  return { groups, markets };
}

async function giveOrder(wish: WishOf<'order'>, ports: OperatorPorts): Promise<number> {
  const { order, why, commandId } = wish;
  const { invoke, by } = await ports.reach(wish);
  const { markets } = await marketsBy(invoke);
  const ordered = {
    commandId: commandId ?? ports.newCommandId(),
    by: wish.by ?? by,
    why,
    isRepeated: commandId !== undefined,
  };
  const request = requestOf(order, ordered, markets);
  if (order.type === 'state' && order.state === 'closed' && !wish.yes)
    await confirm(order.market, ports);

  const answer = await untilAnswered(invoke, request, ports);
  const groups = answer.status === 'answered' ? answer.groups : [];
  const ok = groups.length > 0 && groups.every(({ status }) => status === 'accepted');
  const seen = ok && (await seenInDirectory(request, groups, invoke, ports));
  if (wish.json) ports.say(JSON.stringify({ ok, request, answer, inDirectory: seen }));
  else tell({ request, answer, ok, seen }, ports);
  return ok ? 0 : 1;
}

async function confirm(market: string, ports: OperatorPorts): Promise<void> {
  const question = `Closing ${market} cancels all its orders, and it can never be opened or listed again.\nType its name to close it: `;
  const typed = await ports.ask(question);
  if (typed === undefined)
    throw new Wrong('Closing asks for confirmation, and nobody can be asked here: add --yes.');
  if (typed.trim() !== market) throw new Wrong(`That was not ${market}: nothing was done.`);
}

/** The same command is taken once, so a group that did not answer is asked again. */
async function untilAnswered(
  invoke: Invoke,
  request: OperatorRequest,
  ports: Pick<OperatorPorts, 'pause'>,
): Promise<OperationsAnswer> {
  let answer = await invoke(request);
  for (let tried = 1; tried < tries && isUnanswered(answer); tried += 1) {
    await ports.pause(tryAgainMs);
    answer = await invoke(request);
  }
  return answer;
}

const isUnanswered = (answer: OperationsAnswer): boolean =>
  answer.status === 'answered' && answer.groups.some(({ status }) => status === 'unanswered');

/** Waits until whoever reads the directory sees the order's effect; false where that takes too long. */
async function seenInDirectory(
  request: OperatorRequest,
  groups: readonly GroupAnswer[],
  invoke: Invoke,
  ports: Pick<OperatorPorts, 'pause'>,
): Promise<boolean> {
  const [group] = groups;
  const id = marketOf(request);
  if (id === undefined || group?.status !== 'accepted') return true;
  for (let tried = 0; tried < directoryTries; tried += 1) {
    const { markets } = await marketsBy(invoke);
    const entry = markets.find(({ market }) => market.id === id);
    if (entry && entry.sequence > group.sequence) return true;
    await ports.pause(directoryEveryMs);
  }
  return false;
}

function marketOf(request: OperatorRequest): string | undefined {
  if (request.type === 'list_market') return request.market.id;
  return request.type === 'set_market_state' ? request.market : undefined;
}

type Outcome = { request: OperatorRequest; answer: OperationsAnswer; ok: boolean; seen: boolean };

function tell({ request, answer, ok, seen }: Outcome, ports: OperatorPorts): void {
  if (answer.status === 'refused') {
    const details = answer.details === undefined ? '' : `\n${JSON.stringify(answer.details)}`;
    ports.complain(`Refused, ${answer.code}: ${answer.message}${details}`);
    return;
  }
  if (answer.status !== 'answered') return;
  if (ok) ports.say(`Done: ${effectOf(request)}.`);
  for (const group of answer.groups) {
    if (group.status === 'accepted')
      ports.say(
        `  ${group.group}: journaled as ${group.sequence}${group.repeated ? ', before' : ''}`,
      );
    else ports.complain(`  ${group.group}: ${group.status}, ${group.code}: ${group.message}`);
  }
  if (ok && !seen)
    ports.complain('The directory does not show it yet: is market-history behind the journal?');
  if (isUnanswered(answer))
    ports.complain(
      `Nobody knows whether it was taken. Send the same again with --command-id ${request.commandId}`,
    );
}

const stateWords: Record<MarketState, string> = {
  pre_open: 'in pre-open',
  open: 'open',
  auction: 'in an auction',
  cancel_only: 'cancel-only',
  halted: 'halted',
  closed: 'closed for ever',
};

function effectOf(request: OperatorRequest): string {
  switch (request.type) {
    case 'set_market_state':
      return `${request.market} is ${stateWords[request.state]}`;
    case 'list_market':
      return `${request.market.id} has these terms`;
    case 'define_fee_tier':
      return `tier ${request.tier} pays ${request.makerFeeBps} bps as maker, ${request.takerFeeBps} bps as taker`;
    case 'assign_fee_tier':
      return request.tier === 0
        ? `${request.account} pays the markets' own fees`
        : `${request.account} is in tier ${request.tier}`;
  }
}
