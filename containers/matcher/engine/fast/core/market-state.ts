/** Market states as numbers, in the order of `marketStates` in ../market-terms.ts, and which leads to which. */
export const statePreOpen: i32 = 0;
export const stateOpen: i32 = 1;
export const stateCancelOnly: i32 = 2;
export const stateHalted: i32 = 3;
export const stateClosed: i32 = 4;
export const stateAuction: i32 = 5;

/** Why a state changes: places in `stateReasons`. */
export const byOperator: i32 = 0;
export const byVolatility: i32 = 1;
export const bySchedule: i32 = 2;

/** Whatever is not in here is not reachable. */
export function isReachable(from: i32, to: i32): bool {
  switch (from) {
    case statePreOpen:
      return to !== statePreOpen;
    case stateOpen:
      return to !== statePreOpen && to !== stateOpen;
    case stateAuction:
      return to === stateOpen || to === stateHalted || to === stateClosed;
    case stateCancelOnly:
      return to === stateOpen || to === stateAuction || to === stateHalted || to === stateClosed;
    case stateHalted:
      return to === stateAuction || to === stateClosed;
    default:
      return false;
  }
}
