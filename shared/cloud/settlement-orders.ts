/**
 * Signed orders for as long as fills of them may settle. The journal says an order once, when it is placed; a fill that is settled
 * later needs its signature. So whoever plans keeps each order that he passes and that may rest.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { PlaceOrder, SignedOrder } from '#domain/command.ts';
import type { Digest } from '#domain/order.ts';
import type { Frame } from '#wire/journal-frame.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { getItems, type Item, putItems } from './batch-items.ts';
import { sideBySide } from './side-by-side.ts';
import { storedUnits } from './stored-number.ts';

export type KnownOrder = {
  digest: Digest;
  signed: SignedOrder;
  signature: string;
  /** Where a session key signed it. */
  delegation?: Digest;
};

type Where = { client: DynamoDBDocumentClient; chainTable: string };

/** Kept so long after its end: the contract's grace is days, a repair comes within minutes. */
const keptAfterEndSeconds = 30 * 86_400;
const putsAtOnce = 4;
const putLimit = 25;

/** The orders that frames placed and the engine took. */
export function ordersIn(frames: readonly Frame[]): Map<Digest, KnownOrder> {
  const orders = new Map<Digest, KnownOrder>();
  for (const { outcomes } of frames)
    for (const { command, events } of outcomes)
      if (command.type === 'place' && events.some(({ type }) => type === 'accepted'))
        orders.set(command.commandId, known(command));
  return orders;
}

/** Those among them that later frames may fill: the others are over. */
export function restingIn(frames: readonly Frame[]): KnownOrder[] {
  const orders = ordersIn(frames);
  for (const { outcomes } of frames)
    for (const { events } of outcomes)
      for (const event of events) if (event.type === 'order_done') orders.delete(event.digest);
  return [...orders.values()];
}

function known({ commandId, signed, signature, delegation }: PlaceOrder): KnownOrder {
  return {
    ...{ digest: commandId, signed, signature },
    ...(delegation ? { delegation: delegation.digest } : {}),
  };
}

/** Any number of times, by anybody: an order never changes. */
export async function keepOrders(
  { client, chainTable }: Where,
  orders: readonly KnownOrder[],
): Promise<void> {
  const parts: Item[][] = [];
  for (let at = 0; at < orders.length; at += putLimit)
    parts.push(orders.slice(at, at + putLimit).map(itemOf));
  await sideBySide(parts, putsAtOnce, (items) => putItems({ client, table: chainTable }, items));
}

function itemOf({ digest, signed, signature, delegation }: KnownOrder): Item {
  const endsAtMs = signed.expiresAtMs;
  return {
    ...chainKeys.signedOrder(digest),
    ...signed,
    signature,
    ...(delegation === undefined ? {} : { delegation }),
    expiresAt: Math.floor(endsAtMs / 1000) + keptAfterEndSeconds,
  };
}

export async function findOrders(
  { client, chainTable }: Where,
  digests: readonly Digest[],
): Promise<Map<Digest, KnownOrder>> {
  const items = await getItems({ client, table: chainTable }, digests.map(chainKeys.signedOrder));
  return new Map(
    [...items.values()].map((item) => {
      const order = readOrder(item);
      return [order.digest, order];
    }),
  );
}

function readOrder(item: Item): KnownOrder {
  const text = (name: string) => String(item[name]);
  const number = (name: string) => Number(storedUnits(item[name]));
  const signed: SignedOrder = {
    ...{ account: text('account'), signer: text('signer') },
    ...{ baseAsset: text('baseAsset'), quoteAsset: text('quoteAsset') },
    ...{ side: number('side') as 0 | 1, cap: number('cap') as 0 | 1 },
    ...{
      baseAmount: storedUnits(item['baseAmount']),
      quoteAmount: storedUnits(item['quoteAmount']),
    },
    ...{ maxFeeBps: number('maxFeeBps') },
    ...{ createdAtMs: number('createdAtMs'), expiresAtMs: number('expiresAtMs') },
    ...{ epoch: storedUnits(item['epoch']), salt: storedUnits(item['salt']), terms: text('terms') },
  };
  return {
    ...{ digest: text('pk').slice('ORDER#'.length), signed, signature: text('signature') },
    ...(item['delegation'] === undefined ? {} : { delegation: text('delegation') }),
  };
}
