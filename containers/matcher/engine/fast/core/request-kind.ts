/** What a request asks for, in the order of `requestKinds` in ../request.ts. */
export const requestPlace: i32 = 0;
export const requestCancel: i32 = 1;
export const requestAmend: i32 = 2;
export const requestCancelAll: i32 = 3;
export const requestSwitch: i32 = 4;
export const requestGrant: i32 = 5;
export const requestReturn: i32 = 6;
export const requestList: i32 = 7;
export const requestState: i32 = 8;
export const requestDefineTier: i32 = 9;
export const requestAssignTier: i32 = 10;
export const requestTick: i32 = 11;
export const requestContinue: i32 = 12;
