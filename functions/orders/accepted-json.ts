/** What an accepted command looks like to its owner. */
import type { Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { fillToJson, orderToJson } from '#wire/present.ts';
import type { PlacedJson } from '#wire/rest-api.ts';

export function acceptedJson(
  digest: Digest,
  result: Extract<CommandResult, { status: 'accepted' }>,
  listed: ListedMarket,
): PlacedJson {
  return {
    status: 'accepted',
    digest,
    sequence: result.sequence,
    ...(result.order ? { order: orderToJson(result.order, listed) } : {}),
    fills: result.fills.map((fill) => fillToJson(fill, listed)),
    ...(result.repeated ? { repeated: true } : {}),
  };
}
