/** An account's live orders, from the oldest to the youngest. */
import { noOrder } from './engine-state.ts';
import { Account, Order } from './rows.ts';

/** Adds an order as the youngest of its account. */
export function enlist(order: Order, account: Account): void {
  const youngest = account.youngest;
  order.older = youngest;
  order.younger = noOrder;
  if (youngest === noOrder) account.oldest = order;
  else youngest.younger = order;
  account.youngest = order;
  account.openOrders += 1;
}

export function delist(order: Order): void {
  const account = order.account;
  const older = order.older;
  const younger = order.younger;
  if (older === noOrder) account.oldest = younger;
  else older.younger = younger;
  if (younger === noOrder) account.youngest = older;
  else younger.older = older;
  account.openOrders -= 1;
}
