/** Takes an operator's order to the pair groups that it is for; each leader journals it, whatever becomes of it. */
import type { AssetRegister } from '#cloud/asset-register.ts';
import { checked, isRefused } from '#cloud/http-edge.ts';
import type { MarketDirectory } from '#cloud/market-directory.ts';
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import { sideBySide } from '#cloud/side-by-side.ts';
import type { Asset } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { GroupAnswer, OperationsAnswer } from '#wire/operations.ts';
import { operationsEvent } from '#wire/operations.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import { showMarkets } from './show-markets.ts';

export type OperationsPorts = {
  matchers: Pick<MatcherClient, 'operate' | 'depth'>;
  /** One that reads anew each time: an operator sees what he did last. */
  directory: MarketDirectory;
  register: AssetRegister;
  /** Of the deployment: a market is listed into one of them. */
  groups: readonly GroupId[];
  told: (request: OperatorRequest, answer: OperationsAnswer) => void;
};

/** Leaders asked at a time. */
const groupsAtOnce = 8;

export async function operate(event: unknown, ports: OperationsPorts): Promise<OperationsAnswer> {
  const request = checked(operationsEvent, event);
  if (isRefused(request)) return refused(request.refused, request.details);
  if (request.value.type === 'show_markets') return showMarkets(ports);
  const answer = await order(request.value, ports);
  ports.told(request.value, answer);
  return answer;
}

async function order(request: OperatorRequest, ports: OperationsPorts): Promise<OperationsAnswer> {
  const groups = await groupsFor(request, ports);
  if ('status' in groups) return groups;
  return {
    status: 'answered',
    groups: await sideBySide(groups, groupsAtOnce, (group) => ask(group, request, ports)),
  };
}

/** The groups that the order is for, or why it is for none. */
async function groupsFor(
  request: OperatorRequest,
  ports: OperationsPorts,
): Promise<readonly GroupId[] | OperationsAnswer> {
  const { directory, groups } = ports;
  if (request.type === 'set_market_state') {
    const listed = await directory.find(request.market);
    return listed ? [listed.market.groupId] : refused('unknown_market');
  }
  // An account trades in every group, so its tier holds in every group.
  if (request.type !== 'list_market') return groups;

  const { market, base, quote } = request;
  const fault = (message: string) =>
    refused('invalid_request', [{ path: 'market.groupId', message }]);
  if (!groups.includes(market.groupId))
    return fault(`there is no such pair group, only ${groups.join(', ')}`);
  const listed = await directory.find(market.id);
  if (listed && listed.market.groupId !== market.groupId)
    return fault(`${market.id} belongs to ${listed.market.groupId} for ever`);
  const other = await otherTerms([base, quote], ports);
  return other ? refused('asset_has_other_terms', { asset: other }) : [market.groupId];
}

/**
 * The asset that one of these contradicts: another of its name, or of its name on the chain. Each engine knows the assets of its
 * own group; the ledger counts one asset's units in all of them. A new one is registered, since the directory follows later.
 */
async function otherTerms(
  assets: readonly Asset[],
  { directory, register }: OperationsPorts,
): Promise<Asset | undefined> {
  const known = await directory.assets();
  for (const asset of assets) {
    const like = known.filter(
      ({ id, chainAsset }) => id === asset.id || chainAsset === asset.chainAsset,
    );
    const other = like.find((each) => !isSame(each, asset));
    if (other) return other;
  }
  for (const asset of assets) {
    const isNew = known.every(({ id }) => id !== asset.id);
    if (isNew && !(await register.claim(asset))) return asset;
  }
  return undefined;
}

const isSame = (one: Asset, other: Asset): boolean =>
  one.id === other.id &&
  one.decimals === other.decimals &&
  one.chainDecimals === other.chainDecimals &&
  one.chainAsset === other.chainAsset;

async function ask(
  group: GroupId,
  request: OperatorRequest,
  { matchers }: OperationsPorts,
): Promise<GroupAnswer> {
  try {
    const { result } = await matchers.operate(group, request);
    const repeated = result.repeated ? { repeated: true as const } : {};
    if (result.status === 'accepted')
      return { group, status: 'accepted', sequence: result.sequence, ...repeated };
    const { code } = result;
    return { group, status: 'refused', code, message: refusalTable[code].message, ...repeated };
  } catch (error) {
    if (!(error instanceof MatcherUnavailable)) throw error;
    return { group, status: 'unanswered', code: error.code, message: error.message };
  }
}

function refused(code: Refusal, details?: unknown): OperationsAnswer {
  const { message } = refusalTable[code];
  return { status: 'refused', code, message, ...(details === undefined ? {} : { details }) };
}
