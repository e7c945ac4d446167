/** How much one connection, one slice and one transaction of the feed may be. */
export const feedLimits = {
  /** API Gateway ends a connection after 2 h; the row outlives it by ten minutes. */
  connectionLifeMs: (2 * 60 + 10) * 60_000,
  channelsPerConnection: 50,
  /** 200 posts, 50 at a time, take a fan-out well under its time limit. */
  connectionsPerSlice: 200,
  /** A transaction in conflict is tried again this often, with jitter. */
  transactionTries: 14,
};
