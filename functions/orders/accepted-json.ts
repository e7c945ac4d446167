/** What an accepted command looks like to its owner. */
import type { Digest } from '#domain/order.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { FillJson, OrderJson } from '#wire/feed-message.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { fillToJson, orderToJson } from '#wire/present.ts';

export type AcceptedJson = {
  status: 'accepted';
  digest: Digest;
  /** The pair group's sequence number of the acceptance. */
  sequence: number;
  /** Absent where the request is a repetition and the order is long over. */
  order?: OrderJson;
  fills: FillJson[];
  repeated?: true;
};

export function acceptedJson(
  digest: Digest,
  result: Extract<CommandResult, { status: 'accepted' }>,
  listed: ListedMarket,
): AcceptedJson {
  return {
    status: 'accepted',
    digest,
    sequence: result.sequence,
    ...(result.order ? { order: orderToJson(result.order, listed) } : {}),
    fills: result.fills.map((fill) => fillToJson(fill, listed)),
    ...(result.repeated ? { repeated: true } : {}),
  };
}
