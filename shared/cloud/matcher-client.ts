/**
 * Speaks with the matcher that leads a pair group. The leader is found by the group's lease row; one
 * that cannot be reached is looked up again once, and while one hands over to another we wait for that. Commands
 * carry their identity, so the same one may be sent twice: only that makes a second try after a lost reply possible.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import {
  type AccountView,
  type ChainHead,
  type CommandsResponse,
  type CreditDemandResponse,
  commandJson,
  type DepthView,
  type MatcherHealth,
  type OrderView,
  type OtherRequest,
  type PlaceRequest,
  type RememberedOrder,
} from '#wire/matcher-api.ts';
import type { OperatorRequest, OperatorResponse } from '#wire/operator-request.ts';
import { readOrderAnswers } from '#wire/order-answers.ts';
import { encodeOrderRequest } from '#wire/order-request.ts';
import type { Clock } from './clock.ts';
import { type Exchange, type ExchangeRequest, exchange } from './http-exchange.ts';
import { keptConnections } from './kept-connections.ts';
import type { Lease } from './lease-store.ts';

export type MatcherClient = {
  /** New orders, or whatever else users ask for: a request has one kind. */
  send(groupId: string, commands: PlaceRequest[] | OtherRequest[]): Promise<CommandsResponse>;
  /** An operator's order. */
  operate(groupId: string, request: OperatorRequest): Promise<OperatorResponse>;
  depth(groupId: string, marketId: MarketId, levels: number): Promise<DepthView>;
  account(groupId: string, account: Address): Promise<AccountView>;
  /** An order that lives, or ended about a minute ago at most. */
  order(groupId: string, digest: Digest): Promise<OrderView | undefined>;
  health(groupId: string): Promise<MatcherHealth>;
  demandCredit(
    groupId: string,
    demand: { account: Address; asset: string },
  ): Promise<CreditDemandResponse>;
  /** How far the chain was looked through for what users took back. */
  tellHead(groupId: string, head: ChainHead): Promise<void>;
};

/**
 * No matcher answered. `unavailable` and `busy`: nothing was taken. `outcome_unknown`: nobody knows.
 * In each case the same request may be sent again.
 */
export class MatcherUnavailable extends Error {
  override name = 'MatcherUnavailable';
  readonly code: 'unavailable' | 'busy' | 'outcome_unknown';
  readonly retryAfterMs: number | undefined;

  constructor(code: MatcherUnavailable['code'], why: string, retryAfterMs?: number) {
    super(why);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export type MatcherClientOptions = {
  leases: { read(groupId: string): Promise<Lease | undefined> };
  clock: Clock;
  /** A leader in the same region accepts a connection within a few ms. */
  connectTimeoutMs?: number;
  /** Two of these, a hand-over and the lookups fit into the 10 s that an API function has. */
  replyTimeoutMs?: number;
  /** How often a group that nobody leads at the moment is asked again before it is given up. */
  handOverTries?: number;
};

/** The matcher refuses requests that name another group than its own: an address may one day belong to another task. */
export const groupHeader = 'x-crossbook-group';

/** How long a leader's address is believed without looking. */
const leaseCacheMs = 30_000;
/** What a caller should wait where no leader is in sight: about a lease's length. */
const failoverMs = 3_000;
const unlistedMs = 1_000;
/** Between two looks for the next leader; with as many as there are, a planned hand-over, which takes less than a second, is not seen. */
const handOverPauseMs = 100;
const handOverTriesAtMost = 15;
/** 500 levels a side are 20 KB, an account's 1,000 orders 400 KB. */
const replyLimitBytes = 2 * 1024 * 1024;

export function createMatcherClient(options: MatcherClientOptions): MatcherClient {
  const call = caller(options);
  const json = async <T>(...asked: Parameters<typeof call>): Promise<T> =>
    JSON.parse((await call(...asked)).toString());
  const read = <T>(groupId: string, path: string) =>
    json<T>(groupId, { method: 'GET', path }, 'unavailable');
  const orders = async (groupId: string, sent: PlaceRequest[]): Promise<CommandsResponse> => {
    const body = encodeOrderRequest(sent);
    const request = { method: 'POST', path: '/orders', body } as const;
    return readOrderAnswers(await call(groupId, request, 'outcome_unknown'), sent);
  };
  const commands = (groupId: string, sent: OtherRequest[]): Promise<CommandsResponse> => {
    const body = JSON.stringify({ commands: sent.map(commandJson) });
    return json(groupId, { method: 'POST', path: '/commands', body }, 'outcome_unknown');
  };
  return {
    send: (groupId, sent) =>
      areOrders(sent)
        ? sendAll(sent, (some) => orders(groupId, some))
        : sendAll(sent, (some) => commands(groupId, some)),
    operate(groupId, request) {
      const body = JSON.stringify(request);
      return json(groupId, { method: 'POST', path: '/operations', body }, 'outcome_unknown');
    },
    depth: (groupId, marketId, levels) =>
      read(groupId, `/depth?market=${encodeURIComponent(marketId)}&levels=${levels}`),
    account: (groupId, account) => read(groupId, `/accounts/${encodeURIComponent(account)}`),
    async order(groupId, digest) {
      const path = `/orders/${encodeURIComponent(digest)}`;
      return (await read<RememberedOrder>(groupId, path)).order;
    },
    // Who asks for its health wants to know that nobody leads.
    health: (groupId) => json(groupId, { method: 'GET', path: '/health' }, 'unavailable', 1),
    demandCredit(groupId, demand) {
      const body = JSON.stringify(demand);
      return json(groupId, { method: 'POST', path: '/credit/demand', body }, 'unavailable');
    },
    async tellHead(groupId, head) {
      const body = JSON.stringify(head);
      await call(groupId, { method: 'POST', path: '/chain-head', body }, 'unavailable');
    },
  };
}

const areOrders = (sent: PlaceRequest[] | OtherRequest[]): sent is PlaceRequest[] =>
  sent[0]?.type === 'place';

/** Orders that waited for credit when their leader handed over were not taken: they go to the next one. */
async function sendAll<R>(
  sent: R[],
  send: (some: R[]) => Promise<CommandsResponse>,
): Promise<CommandsResponse> {
  const first = await send(sent);
  const isLeft = (at: number): boolean => {
    const result = first.results[at];
    return result?.status === 'refused' && result.code === 'not_leader';
  };
  const left = sent.filter((_, at) => isLeft(at));
  if (left.length === 0) return first;
  try {
    const then = await send(left);
    const late = then.results[Symbol.iterator]();
    const results = first.results.map((result, at) =>
      isLeft(at) ? (late.next().value ?? result) : result,
    );
    return { epoch: then.epoch, results };
  } catch (error) {
    // What the others became is known, and says more than this failure.
    if (error instanceof MatcherUnavailable) return first;
    throw error;
  }
}

/**
 * Calls a group's leader: again once where it cannot be reached or its reply is lost, and so often as is given where the group
 * is being handed over. `lost` is what a reply that never came means to the caller.
 */
function caller(options: MatcherClientOptions) {
  const { connectTimeoutMs = 300, replyTimeoutMs = 4_000 } = options;
  const leaders = rememberLeaders(options);
  const connections = keptConnections(options.clock);
  const limits = { connectTimeoutMs, replyTimeoutMs, replyLimitBytes };

  return async (
    groupId: string,
    request: ExchangeRequest,
    lost: 'unavailable' | 'outcome_unknown',
    handOverTries = options.handOverTries ?? handOverTriesAtMost,
  ): Promise<Buffer> => {
    const headers = { [groupHeader]: groupId };
    const tried = { lost: 0, unreachable: 0, unread: 0, not_leader: 0, busy: 0 };
    const most = { lost: 1, unreachable: 1, unread: 2, not_leader: handOverTries, busy: 0 };
    for (;;) {
      const lease = await leaders.find(groupId);
      const outcome: Verdict =
        'type' in lease
          ? lease
          : verdict(
              await exchange(lease, { ...request, headers }, { ...limits, agent: connections() }),
            );
      if (outcome.type === 'answered') return outcome.body;
      if (outcome.type !== 'busy') leaders.forget(groupId);
      tried[outcome.type] += 1;
      if (tried[outcome.type] > most[outcome.type] || lease === nobody) {
        // After a lost reply only an answer can say what happened to that try.
        if (tried.lost > 0) throw unavailable(lost, groupId, outcome);
        const code = outcome.type === 'busy' ? 'busy' : 'unavailable';
        throw unavailable(code, groupId, outcome);
      }
      // A cached leader that leads no more tells nothing of the one that the row names now.
      if (outcome.type === 'not_leader' && tried.not_leader > 1) await sleep(handOverPauseMs);
    }
  };
}

function unavailable(
  code: MatcherUnavailable['code'],
  groupId: string,
  outcome: Exclude<Verdict, { type: 'answered' }>,
): MatcherUnavailable {
  const retryAfterMs = outcome.type === 'busy' ? outcome.retryAfterMs : failoverMs;
  return new MatcherUnavailable(code, `${groupId}: ${outcome.why}`, retryAfterMs);
}

/** What a lease row means that names no leader. */
const nobody = { type: 'unreachable', why: 'no matcher holds the lease' } as const;
const released = {
  type: 'not_leader',
  why: 'the lease was released, and nobody took it',
} as const;
type Unread = { type: 'unread'; why: string };

type Verdict =
  | { type: 'answered'; body: Buffer }
  | { type: 'busy'; why: string; retryAfterMs: number }
  /** It hands over, or the next one is about to lead. */
  | { type: 'not_leader'; why: string }
  | { type: 'unreachable'; why: string }
  /** Nobody knows who leads: the table did not answer within a second, or refuses to. */
  | Unread
  | { type: 'lost'; why: string };

/** What an exchange means; throws where the matcher says that the request itself is wrong, which is our bug. */
function verdict(outcome: Exchange): Verdict {
  if (outcome.type === 'not_connected') return { type: 'unreachable', why: outcome.why };
  if (outcome.type === 'no_reply') return { type: 'lost', why: outcome.why };
  if (outcome.status === 200) return { type: 'answered', body: outcome.body };
  if (outcome.status === 503) {
    return codeOf(outcome.body) === 'busy'
      ? { type: 'busy', why: 'busy', retryAfterMs: outcome.retryAfterMs ?? 1_000 }
      : { type: 'not_leader', why: 'it does not lead' };
  }
  // A deployment, or an operator elsewhere, listed it a moment ago.
  if (outcome.status === 404 && codeOf(outcome.body) === 'unknown_market')
    throw new MatcherUnavailable('unavailable', 'the market is not listed yet', unlistedMs);
  // A crash while answering: it may have taken the commands.
  if (outcome.status >= 500) return { type: 'lost', why: `it failed with ${outcome.status}` };
  const said = outcome.body.toString('utf8', 0, 500);
  throw new Error(`the matcher answered ${outcome.status}: ${said}`);
}

function codeOf(body: Buffer): unknown {
  try {
    return (JSON.parse(body.toString()) as { code?: unknown } | null)?.code;
  } catch {
    return undefined;
  }
}

/** The groups' leaders as far as they are known. */
function rememberLeaders({ leases, clock }: MatcherClientOptions) {
  const known = new Map<string, { lease: Lease; untilMs: number }>();
  return {
    async find(groupId: string): Promise<Lease | typeof nobody | typeof released | Unread> {
      const remembered = known.get(groupId);
      if (remembered && clock.monotonicMs() < remembered.untilMs) return remembered.lease;
      let lease: Lease | undefined;
      try {
        lease = await leases.read(groupId);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { type: 'unread', why: `the lease could not be read: ${why}` };
      }
      if (!lease) return nobody;
      if (lease.released) return released;
      known.set(groupId, { lease, untilMs: clock.monotonicMs() + leaseCacheMs });
      return lease;
    },
    forget: (groupId: string) => known.delete(groupId),
  };
}
