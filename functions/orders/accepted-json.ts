/** What an accepted command looks like to its owner. */
import type { Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { fillToJson, orderToJson } from '#wire/present.ts';
import type { AmendedJson, PlacedJson } from '#wire/rest-api.ts';

type Accepted = Extract<CommandResult, { status: 'accepted' }>;

/** Of a placed or cancelled order. */
export function acceptedJson(
  digest: Digest,
  result: Accepted,
  listed: ListedMarket | undefined,
): PlacedJson {
  const fills = listed ? result.fills.map((fill) => fillToJson(fill, listed)) : [];
  return { ...amendedJson(digest, result, listed), fills };
}

/** Of an amended one: an amendment fills nothing. */
export function amendedJson(
  digest: Digest,
  { sequence, order, repeated }: Accepted,
  listed: ListedMarket | undefined,
): AmendedJson {
  return {
    status: 'accepted',
    digest,
    sequence,
    ...(order && listed ? { order: orderToJson(order, listed) } : {}),
    ...(repeated ? { repeated: true } : {}),
  };
}
