/** Where time enters: the wall clock for what people read, the monotonic one for leases and waits. */

export type Clock = {
  /** Wall clock in ms; may jump. */
  nowMs(): number;
  /** Never goes back, has no meaning outside this process. */
  monotonicMs(): number;
};

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
