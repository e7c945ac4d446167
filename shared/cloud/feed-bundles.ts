/** Packs messages and the slices that listen to them into fan-out requests: at most 200 posts and one Lambda event's bytes each. */
import type { FanOutRequest, FeedMessage } from '#wire/feed-message.ts';
import { feedLimits } from './feed-limits.ts';
import type { Interest } from './feed-store.ts';

/** Messages of one channel and the slices that get them. */
export type Parcel = {
  channel: string;
  scope: string;
  slices: Pick<Interest, 'slice' | 'connections'>[];
  messages: FeedMessage[];
};

/** An asynchronous Lambda event may hold 256 KB; the rest is room for the envelope. */
export const requestBytes = 200_000;

type Piece = { bundle: FanOutRequest['bundles'][number]; connections: number; bytes: number };

/** The requests in the order in which they are to be sent; a channel's messages keep their order. */
export function packBundles(parcels: Parcel[]): FanOutRequest[] {
  const requests: FanOutRequest[] = [];
  let bundles: FanOutRequest['bundles'] = [];
  let connections = 0;
  let bytes = 0;
  for (const piece of parcels.flatMap(piecesOf)) {
    const full =
      connections + piece.connections > feedLimits.connectionsPerSlice ||
      bytes + piece.bytes > requestBytes;
    if (full && bundles.length > 0) {
      requests.push({ bundles });
      bundles = [];
      connections = 0;
      bytes = 0;
    }
    bundles.push(piece.bundle);
    connections += piece.connections;
    bytes += piece.bytes;
  }
  if (bundles.length > 0) requests.push({ bundles });
  return requests;
}

/** A parcel cut by slice, then by bytes. */
function piecesOf({ channel, scope, slices, messages }: Parcel): Piece[] {
  const runs: { messages: FeedMessage[]; bytes: number }[] = [];
  for (const message of messages) {
    const bytes = JSON.stringify(message).length + 1;
    const run = runs.at(-1);
    if (run && run.bytes + bytes <= requestBytes / 2) {
      run.messages.push(message);
      run.bytes += bytes;
    } else runs.push({ messages: [message], bytes });
  }
  return slices.flatMap(({ slice, connections }) =>
    runs.map((run) => ({
      bundle: { channel, slices: [slice], scope, messages: run.messages },
      connections,
      bytes: run.bytes + 200,
    })),
  );
}
