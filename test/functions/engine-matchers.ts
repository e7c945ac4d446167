/** A matcher for every pair group: the real engine, without journal and network. Says what was sent to it and can be taken down. */
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import { fitAmounts } from '#domain/order.ts';
import type { CommandRequest, CommandResult, FillView } from '#wire/matcher-api.ts';
import { depthChecksum } from '#wire/present.ts';
import { parseTerms } from '#wire/terms.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { demoGroups, demoMarkets } from './demo-catalog.ts';

export type EngineMatchers = ReturnType<typeof engineMatchers>;

export function engineMatchers(clock: { nowMs(): number }) {
  const engines = new Map(demoGroups.map((groupId) => [groupId, listedEngine(groupId, clock)]));
  const down = new Map<string, MatcherUnavailable['code']>();
  const sent: { groupId: string; command: CommandRequest }[] = [];
  const grants = new Map<string, number>();
  const engineOf = (groupId: string): Engine => {
    const engine = engines.get(groupId);
    assert(engine, `no group ${groupId}`);
    return engine;
  };
  const reach = (groupId: string): Engine => {
    const code = down.get(groupId);
    if (code) throw new MatcherUnavailable(code, 'taken down', 3_000);
    return engineOf(groupId);
  };
  const client: MatcherClient = {
    async send(groupId, commands) {
      for (const command of commands) sent.push({ groupId, command });
      const engine = reach(groupId);
      return { epoch: 1, results: commands.map((each) => take(engine, each, clock.nowMs())) };
    },
    async depth(groupId, marketId, levels) {
      const engine = reach(groupId);
      const { bids, asks } = engine.depth(marketId, levels);
      const checksum = depthChecksum(bids, asks);
      return { marketId, state: 'open', sequence: engine.sequence, bids, asks, checksum };
    },
    async account(groupId, account) {
      const engine = reach(groupId);
      const { sequence } = engine;
      const credit = engine.creditOf(account);
      return { account, sequence, credit, orders: engine.ordersOf(account) };
    },
    async order(groupId, digest) {
      return reach(groupId).order(digest);
    },
    async health(groupId) {
      const engine = reach(groupId);
      const { sequence } = engine;
      return {
        groupId,
        leading: true,
        epoch: 1,
        frame: 1,
        sequence,
        stateHash: engine.stateHash(),
      };
    },
    async demandCredit() {
      throw new Error('functions never demand credit');
    },
  };
  return {
    client,
    sent,
    stateHashes: () => [...engines.values()].map((engine) => engine.stateHash()),
    takeDown: (groupId: string, code: MatcherUnavailable['code']) => down.set(groupId, code),
    grant(groupId: string, account: string, asset: string, units: number) {
      const key = `${groupId}#${account}#${asset}`;
      const grantNumber = (grants.get(key) ?? 0) + 1;
      grants.set(key, grantNumber);
      const nowMs = clock.nowMs();
      const commandId = `grant:${key}:${grantNumber}`;
      const grant = { commandId, nowMs, account, asset, grantNumber, units, clock: 0 };
      engineOf(groupId).apply({ type: 'grant', ...grant }, () => {});
    },
  };
}

function listedEngine(groupId: string, clock: { nowMs(): number }): Engine {
  const engine = createEngine({ groupId });
  for (const listed of demoMarkets.values()) {
    if (listed.market.groupId !== groupId) continue;
    const commandId = `list:${listed.market.id}`;
    engine.apply({ type: 'list_market', commandId, nowMs: clock.nowMs(), ...listed }, () => {});
  }
  return engine;
}

/** One command, as the inlet takes it. */
function take(engine: Engine, request: CommandRequest, nowMs: number): CommandResult {
  const commandId = request.type === 'place' ? request.digest : request.commandId;
  const { digest } = request;
  const first = engine.firstResult(commandId);
  if (first?.code) return { status: 'refused', commandId, code: first.code, repeated: true };
  if (first) {
    const order = engine.order(digest);
    const { sequence } = first;
    const result = { status: 'accepted' as const, commandId, sequence, fills: [] };
    return { ...result, ...(order ? { order } : {}), repeated: true };
  }
  const events: EngineEvent[] = [];
  engine.apply(engineCommand(engine, request, nowMs), (event) => events.push(event));
  const [opening] = events;
  if (opening?.type === 'refused') return { status: 'refused', commandId, code: opening.code };
  assert(opening?.type === 'accepted', 'neither accepted nor refused');
  const order = engine.order(digest) ?? doneOrder(events, digest);
  const { sequence } = opening;
  const fills = fillsOf(events, digest);
  return { status: 'accepted', commandId, sequence, ...(order ? { order } : {}), fills };
}

function engineCommand(engine: Engine, request: CommandRequest, nowMs: number) {
  if (request.type === 'cancel') {
    const { commandId, account, digest } = request;
    return { type: 'cancel' as const, commandId, nowMs, account, digest };
  }
  const { digest, order, signature, clientOrderId } = request;
  const terms = parseTerms(order.terms);
  const listed = terms && engine.market(terms.marketId);
  assert(terms && listed, 'an order was let through that no market takes');
  const side = order.side === 0 ? ('buy' as const) : ('sell' as const);
  const cap = order.cap === 0 ? ('base' as const) : ('quote' as const);
  const { orderType, timeInForce, marketId } = terms;
  const { baseAmount: baseAtoms, quoteAmount: quoteAtoms, maxFeeBps, account } = order;
  const { createdAtMs, expiresAtMs } = order;
  const signed = { side, orderType, cap, baseAtoms, quoteAtoms };
  const amounts = fitAmounts(signed, listed.market, listed.base, listed.quote);
  return {
    type: 'place' as const,
    commandId: digest,
    ...{ nowMs, account, marketId, side, orderType, timeInForce, cap, amounts },
    ...{ maxFeeBps, createdAtMs, expiresAtMs, signed: order, signature },
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
  };
}

function doneOrder(events: EngineEvent[], digest: string) {
  const done = events.find((event) => event.type === 'order_done' && event.digest === digest);
  return done?.type === 'order_done' ? { ...done, status: done.reason } : undefined;
}

function fillsOf(events: EngineEvent[], digest: string): FillView[] {
  return events.flatMap((event) => {
    if (event.type !== 'trade' || event.takerDigest !== digest) return [];
    const { sequence, marketId, atMs, priceTicks, sizeLots, quoteUnits } = event;
    const trade = { sequence, marketId, atMs, priceTicks, sizeLots, quoteUnits };
    return [
      { ...trade, digest, side: event.takerSide, role: 'taker', feeUnits: event.takerFeeUnits },
    ];
  });
}
