/**
 * Speaks with the matcher that leads a pair group. The leader is found by the group's lease row; one
 * that cannot be reached, or leads no more, is looked up again once. Commands carry their identity, so
 * the same one may be sent twice: only that makes a second try after a lost reply possible.
 */
import type { MarketId } from '#domain/market.ts';
import type { Address, Digest } from '#domain/order.ts';
import {
  type AccountView,
  type CommandRequest,
  type CommandsResponse,
  type CreditDemandResponse,
  commandJson,
  type DepthView,
  type MatcherHealth,
  type OrderView,
  type RememberedOrder,
} from '#wire/matcher-api.ts';
import type { OperatorRequest, OperatorResponse } from '#wire/operator-request.ts';
import type { Clock } from './clock.ts';
import { type Exchange, type ExchangeRequest, exchange } from './http-exchange.ts';
import { keptConnections } from './kept-connections.ts';
import type { Lease } from './lease-store.ts';

export type MatcherClient = {
  send(groupId: string, commands: CommandRequest[]): Promise<CommandsResponse>;
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
  /** Two of these and a lookup fit into the 10 s that an API function has. */
  replyTimeoutMs?: number;
};

/** The matcher refuses requests that name another group than its own: an address may one day belong to another task. */
export const groupHeader = 'x-crossbook-group';

/** How long a leader's address is believed without looking. */
const leaseCacheMs = 30_000;
/** What a caller should wait where no leader is in sight: about a lease's length. */
const failoverMs = 3_000;
const unlistedMs = 1_000;
/** 500 levels a side are 20 KB, an account's 1,000 orders 400 KB. */
const replyLimitBytes = 2 * 1024 * 1024;

export function createMatcherClient(options: MatcherClientOptions): MatcherClient {
  const call = caller(options);
  const read = <T>(groupId: string, path: string) =>
    call<T>(groupId, { method: 'GET', path }, 'unavailable');
  return {
    send(groupId, commands) {
      const body = JSON.stringify({ commands: commands.map(commandJson) });
      return call(groupId, { method: 'POST', path: '/commands', body }, 'outcome_unknown');
    },
    operate(groupId, request) {
      const body = JSON.stringify(request);
      return call(groupId, { method: 'POST', path: '/operations', body }, 'outcome_unknown');
    },
    depth: (groupId, marketId, levels) =>
      read(groupId, `/depth?market=${encodeURIComponent(marketId)}&levels=${levels}`),
    account: (groupId, account) => read(groupId, `/accounts/${encodeURIComponent(account)}`),
    async order(groupId, digest) {
      const path = `/orders/${encodeURIComponent(digest)}`;
      return (await read<RememberedOrder>(groupId, path)).order;
    },
    health: (groupId) => read(groupId, '/health'),
    demandCredit(groupId, demand) {
      const body = JSON.stringify(demand);
      return call(groupId, { method: 'POST', path: '/credit/demand', body }, 'unavailable');
    },
  };
}

/** Calls a group's leader, twice at most; `lost` is what a reply that never came means to the caller. */
function caller(options: MatcherClientOptions) {
  const { connectTimeoutMs = 300, replyTimeoutMs = 4_000 } = options;
  const leaders = rememberLeaders(options);
  const connections = keptConnections(options.clock);
  const limits = { connectTimeoutMs, replyTimeoutMs, replyLimitBytes };

  return async <T>(
    groupId: string,
    request: ExchangeRequest,
    lost: 'unavailable' | 'outcome_unknown',
  ): Promise<T> => {
    const headers = { [groupHeader]: groupId };
    let replyLost = false;
    let why = 'no matcher holds the lease';
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const lease = await leaders.find(groupId);
      if (!lease) break;
      const outcome = verdict(
        await exchange(lease, { ...request, headers }, { ...limits, agent: connections() }),
      );
      if (outcome.type === 'answered') return JSON.parse(outcome.body) as T;
      // After a lost reply only an answer can say what happened to the first try.
      if (outcome.type === 'busy' && !replyLost)
        throw new MatcherUnavailable('busy', `${groupId}: busy`, outcome.retryAfterMs);
      leaders.forget(groupId);
      replyLost ||= outcome.type === 'lost';
      why = outcome.why;
    }
    throw new MatcherUnavailable(
      replyLost ? lost : 'unavailable',
      `${groupId}: ${why}`,
      failoverMs,
    );
  };
}

type Verdict =
  | { type: 'answered'; body: string }
  | { type: 'busy'; why: string; retryAfterMs: number }
  | { type: 'not_leader'; why: string }
  | { type: 'lost'; why: string };

/** What an exchange means; throws where the matcher says that the request itself is wrong, which is our bug. */
function verdict(outcome: Exchange): Verdict {
  if (outcome.type === 'not_connected') return { type: 'not_leader', why: outcome.why };
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
  throw new Error(`the matcher answered ${outcome.status}: ${outcome.body.slice(0, 500)}`);
}

function codeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { code?: unknown } | null)?.code;
  } catch {
    return undefined;
  }
}

/** The groups' leaders as far as they are known; a released lease leads nobody. */
function rememberLeaders({ leases, clock }: MatcherClientOptions) {
  const known = new Map<string, { lease: Lease; untilMs: number }>();
  return {
    async find(groupId: string): Promise<Lease | undefined> {
      const remembered = known.get(groupId);
      if (remembered && clock.monotonicMs() < remembered.untilMs) return remembered.lease;
      const lease = await leases.read(groupId);
      if (!lease || lease.released) return undefined;
      known.set(groupId, { lease, untilMs: clock.monotonicMs() + leaseCacheMs });
      return lease;
    },
    forget: (groupId: string) => known.delete(groupId),
  };
}
