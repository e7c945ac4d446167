/** Carries out what operators order of money: adjustments by one who proposes and two who approve, transfers within the house. */
import type { Caller } from '#cloud/caller-identity.ts';
import type { Clock } from '#cloud/clock.ts';
import { checked, isRefused } from '#cloud/http-edge.ts';
import type { Adjustment, LedgerStore } from '#cloud/ledger-store.ts';
import { formatDecimal, parseDecimal, type Units, units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { Asset } from '#domain/asset.ts';
import {
  type AdjustmentJson,
  type CallerProof,
  callerRefusals,
  type MoneyAnswer,
  type MoneyOrder,
  moneyEvent,
  vaultRefusal,
} from '#wire/adjustments.ts';
import { refusalTable } from '#wire/refusal-status.ts';
import { insuranceAccount } from '#wire/table-keys.ts';
import {
  isOfWithdrawals,
  type ReviewPorts,
  reviewWithdrawal,
  type WithdrawalOrder,
} from './review-withdrawal.ts';

export type MoneyPorts = {
  ledger: Pick<
    LedgerStore,
    'adjustments' | `${'propose' | 'approve' | 'reject'}Adjustment` | 'transfer'
  >;
  /** Every asset of every listed market. */
  assets(): Promise<readonly Asset[]>;
  /** Whose proof it is, for an order as it was sent. */
  identify(proof: CallerProof, order: unknown): Promise<Caller>;
  clock: Pick<Clock, 'nowMs'>;
  /** Whether users' money lies in a vault on a chain, which knows no adjustments but insurance's gifts. */
  settles?: boolean;
  /** Where the stage has a chain. */
  withdrawals?: ReviewPorts['withdrawals'] | undefined;
  told: (order: MoneyOrder, by: string, answer: MoneyAnswer) => void;
};

/** The vault moves nothing of a user's without his signature, and of the house's only from insurance, to users, in a batch. */
function chainFollows(order: Moving, wished: Units): boolean {
  switch (order.type) {
    case 'propose_adjustment':
      return order.house === insuranceAccount && wished > 0n;
    case 'transfer_house':
      return order.from !== insuranceAccount && order.to !== insuranceAccount;
    case 'approve_adjustment':
    case 'reject_adjustment':
      return true;
  }
}

type Answered = { result: Extract<MoneyAnswer, { status: 'answered' }>['result'] } & {
  adjustment?: Adjustment;
};

/** As many as are shown. */
const adjustmentsShown = 50;

export async function orderMoney(event: unknown, ports: MoneyPorts): Promise<MoneyAnswer> {
  const asked = checked(moneyEvent, event);
  if (isRefused(asked)) return refused(asked.refused, asked.details);
  const { order, caller } = asked.value;
  const identity = await ports.identify(caller, (event as { order: unknown }).order);
  if ('refused' in identity) {
    const code = identity.refused;
    return { status: 'refused', code, message: callerRefusals[code] };
  }
  const { person } = identity;
  const assets = new Map((await ports.assets()).map((asset) => [asset.id, asset]));
  if (isOfWithdrawals(order)) {
    const answer = await reviewWithdrawal(order, person, { ...ports, assets });
    if (answer.status === 'reviewed') ports.told(order, person, answer);
    return answer;
  }
  if (order.type === 'show_adjustments') {
    const shown = await ports.ledger.adjustments(adjustmentsShown);
    return { status: 'adjustments', adjustments: shown.map((each) => jsonOf(each, assets)) };
  }
  const wished = unitsOf(order, assets);
  if (typeof wished !== 'bigint') return wished;
  if (ports.settles && !chainFollows(order, wished)) return { status: 'refused', ...vaultRefusal };
  const { result, adjustment } = await carryOut(order, wished, person, ports);
  const answer: MoneyAnswer = {
    ...{ status: 'answered', result, by: person },
    ...(adjustment ? { adjustment: jsonOf(adjustment, assets) } : {}),
  };
  ports.told(order, person, answer);
  return answer;
}

type Moving = Exclude<MoneyOrder, { type: 'show_adjustments' } | WithdrawalOrder>;

async function carryOut(
  order: Moving,
  wished: Units,
  by: string,
  { ledger, clock }: MoneyPorts,
): Promise<Answered> {
  const atMs = clock.nowMs();
  switch (order.type) {
    case 'propose_adjustment': {
      const { adjustmentId, account, house, asset, why } = order;
      const proposal = { adjustmentId, account, house, asset, units: wished, by, why, atMs };
      return answered(await ledger.proposeAdjustment(proposal));
    }
    case 'approve_adjustment': {
      const { adjustmentId } = order;
      return answered(await ledger.approveAdjustment({ adjustmentId, by, atMs }));
    }
    case 'reject_adjustment': {
      const { adjustmentId, why } = order;
      return answered(await ledger.rejectAdjustment({ adjustmentId, by, why, atMs }));
    }
    case 'transfer_house': {
      const { operationId, from, to, asset, why } = order;
      const transfer = { operationId, from, to, asset, units: wished, atMs };
      return answered(await ledger.transfer({ ...transfer, ordered: { by, why } }));
    }
  }
}

const answered = ({
  status,
  adjustment,
}: {
  status: Answered['result'];
  adjustment?: Adjustment;
}): Answered => ({ result: status, ...(adjustment ? { adjustment } : {}) });

/** The amount in units; 0 of an order without one; or why it is no amount of its asset. */
function unitsOf(order: Moving, assets: ReadonlyMap<string, Asset>): Units | MoneyAnswer {
  if (!('amount' in order)) return units(0);
  const asset = assets.get(order.asset);
  if (!asset) return refused('unknown_asset');
  const [, sign, digits = ''] = /^([+-]?)(.*)$/.exec(order.amount) ?? [];
  const value = parseDecimal(digits.replace(/^0+(?=\d)/, ''), asset.decimals);
  if (value === undefined) {
    const message = `${asset.id} has ${asset.decimals} decimals`;
    return refused('invalid_request', [{ path: 'order.amount', message }]);
  }
  return units(sign === '-' ? -value : value);
}

function jsonOf(adjustment: Adjustment, assets: ReadonlyMap<string, Asset>): AdjustmentJson {
  const asset = assets.get(adjustment.asset);
  assert(asset, `adjustment ${adjustment.adjustmentId} is of an asset that is not listed`);
  const { units: moved, ...others } = adjustment;
  return { ...others, amount: formatDecimal(moved, asset.decimals) };
}

function refused(code: keyof typeof refusalTable, details?: unknown): MoneyAnswer {
  const { message } = refusalTable[code];
  return { status: 'refused', code, message, ...(details === undefined ? {} : { details }) };
}
