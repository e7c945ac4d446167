/** Every bound of the matcher outside its engine, with its arithmetic. */

/** A frame closes here: two of the largest commands' events still fit a Kinesis record of 1 MB behind it. */
export const frameBytes = 256 * 1024;
/** Closed frames that wait for the put in flight: 2 MB, two seconds of a shard. Then commands wait in the queue. */
export const waitingFrames = 8;

/** Commands that wait for the engine: at 250 bytes each another second of a shard. Then new ones are answered `busy`. */
export const queuedCommands = 4_096;
/** Orders that wait for credit, in all and of one account. */
export const waitingOrders = 2_000;
export const waitingOrdersPerAccount = 200;

/** 20 signed orders are 5 KB. */
export const requestBytes = 256 * 1024;
/** Of its head: functions send 200 bytes. */
export const requestHeadBytes = 8 * 1024;
export const connections = 2_048;
export const depthLevels = 500;

/** Cancels of unseen orders in an admission window; beyond, cancels are answered `busy`. */
export const tombstones = 200_000;

/** How long an order waits until the grant before its own is cleared; then it is answered `busy`. */
export const pendingGrantMs = 5_000;
/** How long an order waits for credit that is on its way back to the ledger; then the engine refuses it. */
export const returningCreditMs = 3_000;
/** So much of it for what comes back from this group, if that is enough; then other groups' free credit is called back. */
export const ownReturnMs = 1_500;
/** How long other groups' leaders have to answer a demand. */
export const demandMs = 1_000;

/** An account without live orders gives its free credit back after so long. */
export const exactReturnMs = 5_000;
export const stickyReturnMs = 60_000;
/** The largest grant beyond what orders lack: 10^15 units are a billion dollars at 6 decimals. */
export const stickyGrantUnits = 10n ** 15n;
/** Settings of accounts are believed so long, and of so many accounts kept. */
export const settingsMs = 30_000;
export const settingsKept = 10_000;

/** Pending grants that nobody told the engine of (their leader died in between) are looked for so often. */
export const sweepMs = 60_000;
/** Expiries closer together than this share a tick. */
export const tickSpacingMs = 50;
/** Depth deltas of a market are at least so far apart. */
export const depthSpacingMs = 100;
/** Frames from one comparison of states to the next: some ten seconds of a busy journal. Writer and replicas must agree on it. */
export const stateCheckFrames = 1_024;
/** Records of a state that are hashed in one go: some 0.3 ms. */
export const hashedInOneGo = 500;
/** After a state was hashed, so many times as long nothing is: at most half a percent of the leader's time, which the slowest percent of orders does not see. */
export const stateCheckRests = 200;
/** Own hashes that a replica keeps until the writer's come. */
export const hashedStates = 8;
/** A standby that has not seen the end of the journal for so long is not caught up. */
export const caughtUpMs = 60_000;
/** A standby asks the shard 1.6 times a second: three consumers ask once, and it answers 5 times. */
export const standbyPaceMs = 600;
/** Whoever waits for the lease looks so often: what is released is taken within this, and 5 reads a second are 1.64 $ a month. */
export const leasePollMs = 200;
/** A state hash walks the whole book: after one, health shows it for so many times as long as it took. */
export const healthRests = 20;
/**
 * A matcher that does not lead by then is not broken but replays a long journal, which a fresh start would begin anew.
 * Within ECS's longest start period (5 min): one that fails sooner exits, so that a bad deployment is rolled back.
 */
export const patienceMs = 240_000;
/** From the request to stop until everything taken is answered; the process is killed 200 ms after that, on a local machine. */
export const drainMs = 1_800;

/**
 * A snapshot after so many commands: a replay of them takes a second or two. At 10,000 a second one every 25 s, which takes
 * some 2 µs of CPU a live order.
 */
export const snapshotCommands = 250_000;
/**
 * Or so long after the first frame that none holds: a stream keeps 24 hours at least, 96 of them. Three must fit, so that two
 * may be damaged.
 */
export const snapshotMs = 15 * 60_000;
/** An idle group's is taken again, because the bucket forgets snapshots after 30 days. */
export const snapshotRenewMs = 7 * 24 * 3_600_000;
/** Records written in one turn: some 2 µs each, so that a command waits a millisecond at most. */
export const snapshotSliceRecords = 500;
/** Nearly none takes more. */
export const snapshotRecordBytes = 200;
/** Hashed in one turn, in 2 ms; a million orders are 120 parts, 0.0006 $ of puts. */
export const snapshotPartBytes = 1024 * 1024;
/** Parts fetched side by side. */
export const snapshotPartsAhead = 8;
/** What an ending matcher waits for its last snapshot: enough for some 100,000 orders, and within `drainMs`. */
export const lastSnapshotMs = 1_000;
