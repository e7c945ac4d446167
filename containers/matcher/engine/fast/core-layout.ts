/** Where the core's rows have their fields, in bytes, and what has a fixed place. */
// Made by `npm run core`; do not edit.
export const accountRow = {
  index: 0,
  nameLeft: 4,
  nameRight: 8,
  feeTier: 12,
  past: 16,
  orders: 20,
  openOrders: 24,
  ordersEnd: 26,
  freeSlot: 28,
  ordersLog: 30,
  isMixed: 31,
} as const;

export const accountPastRow = {
  switchDueMs: 0,
  switchPlace: 8,
  delegations: 12,
  next: 16,
} as const;

export const delegationRow = {
  id: 0,
  day: 4,
  openUnits: 8,
  matchedUnits: 16,
  foundUnits: 24,
  next: 32,
} as const;

export const assetRow = {
  index: 0,
  nameLeft: 4,
  nameRight: 8,
  unused: 12,
  insideUnits: 16,
} as const;

export const creditLineRow = {
  account: 0,
  asset: 4,
  freeUnits: 8,
  heldUnits: 16,
  next: 24,
  past: 28,
} as const;

export const creditPastRow = {
  grantNumber: 0,
  returnNumber: 8,
  returnedUnits: 16,
  foundUnits: 24,
} as const;

export const marketRow = {
  index: 0,
  nameLeft: 4,
  nameRight: 8,
  state: 12,
  base: 16,
  quote: 20,
  bids: 24,
  asks: 28,
  rising: 32,
  falling: 36,
  firstTriggered: 40,
  lastTriggered: 44,
  liveOrders: 48,
  lastTicks: 52,
  makerFeeBps: 56,
  takerFeeBps: 60,
  baseUnitsPerLot: 64,
  quoteUnitsPerTickLot: 72,
  minSizeLots: 80,
  minNotionalUnits: 88,
  maxNotionalUnits: 96,
  referenceTicks: 104,
  bandBps: 112,
  auctionBandBps: 120,
  haltBps: 128,
  haltWindowMs: 136,
  haltMs: 144,
  auctionMs: 152,
  untilMs: 160,
  newestPart: 168,
  windowLots: 176,
  windowTickLots: 184,
  window: 192,
  untriggered: 196,
  untriggeredCount: 200,
  untriggeredLog: 204,
  next: 208,
} as const;

export const windowPartRow = {
  part: 0,
  lots: 8,
  tickLots: 16,
} as const;

export const ladderRow = {
  best: 0,
  bestTicks: 4,
  pages: 8,
  pageCount: 12,
  cursor: 16,
  side: 20,
  turn: 24,
  pagesLog: 28,
} as const;

export const pageEntryRow = {
  number: 0,
  page: 4,
} as const;

export const pricePageRow = {
  bits: 0,
  noted: 8,
  ladder: 16,
  number: 20,
  nextNoted: 24,
} as const;

export const levelRow = {
  ticks: 0,
  tail: 4,
  head: 8,
  orders: 12,
  page: 16,
  bit: 20,
  shownLots: 24,
  hiddenLots: 32,
  question: 40,
  ownOrders: 44,
  ownShownLots: 48,
  ownLeftLots: 56,
} as const;

export const orderRow = {
  level: 0,
  before: 4,
  behind: 8,
  holdLine: 12,
  receiveLine: 16,
  makerFeeBps: 20,
  takerFeeBps: 22,
  slot: 24,
  expectedLow: 26,
  expectedHigh: 28,
  partyLeft: 32,
  partyRight: 36,
  heldUnits: 40,
  admitted: 48,
  account: 56,
  market: 60,
  id: 64,
  extras: 68,
  place: 72,
  traits: 74,
  limitTicks: 76,
  sizeLots: 80,
  filledLots: 88,
  filledQuoteUnits: 96,
  feeUnits: 104,
  createdAtMs: 112,
  expiresAtMs: 120,
  endedAtMs: 128,
  nextEnded: 136,
} as const;

export const orderExtrasRow = {
  client: 0,
  delegation: 4,
  triggerTicks: 8,
  unused: 12,
  displayLots: 16,
  shownLots: 24,
  spendUnits: 32,
} as const;

export const idRow = {
  digestA: 0,
  digestB: 8,
  digestC: 16,
  digestD: 24,
  order: 32,
  hash: 36,
  sequence: 40,
  atMs: 48,
  next: 56,
  pending: 60,
  code: 62,
  isText: 63,
} as const;

export const clientIdRow = {
  live: 0,
  orders: 4,
  pending: 8,
  nameLeft: 12,
  nameRight: 16,
  next: 20,
} as const;

export const workRow = {
  kind: 0,
  market: 4,
  account: 8,
  side: 12,
  priceTicks: 16,
  reason: 20,
  leftLots: 24,
  next: 32,
} as const;

export const requestRow = {
  kind: 0,
  id: 4,
  nameLeft: 8,
  nameRight: 12,
  target: 16,
  account: 20,
  market: 24,
  client: 28,
  traits: 32,
  isByMoney: 36,
  misfit: 40,
  limitTicks: 44,
  triggerTicks: 48,
  maxFeeBps: 52,
  code: 56,
  detail: 60,
  nowMs: 64,
  createdAtMs: 72,
  expiresAtMs: 80,
  sizeLots: 88,
  displayLots: 96,
  spendUnits: 104,
  holdLine: 112,
  receiveLine: 116,
  delegation: 120,
  asset: 124,
  makerFeeBps: 128,
  takerFeeBps: 132,
  grantNumber: 136,
  afterMs: 144,
  limitUnits: 152,
} as const;

export const eventRow = {
  tag: 0,
  detail: 4,
  order: 8,
  taker: 12,
  market: 16,
  line: 20,
  sizeLots: 24,
  baseUnits: 32,
  quoteUnits: 40,
  makerFeeUnits: 48,
  takerFeeUnits: 56,
} as const;

export const stateAt = 1024;

export const freeRegionsAt = 1792;

export const poolsAt = 2048;

export const traitNamesAt = 4096;

export const feeTiersAt = 8192;

export const digestAt = 12_224;

export const addressAt = 12_256;

export const requestAt = 12_288;

export const requestBytes = 192;

export const namesAt = 12_480;

export const cancelTextsAt = 12_600;

export const wantingAt = 12_800;

export const noNameAt = 12_928;

export const stateNamesAt = 12_944;

export const aheadAt = 13_056;

export const orderNamesAt = 15_872;

export const eventsAt = 16_384;

export const engineState = {
  nowMs: 0,
  sequence: 8,
  marketsDueMs: 16,
  expiriesDueMs: 24,
  switchesDueMs: 32,
  chainLeft: 40,
  chainRight: 44,
  chainCount: 48,
  eventCount: 52,
  isWorthTelling: 56,
  placingUnits: 64,
  incoming: 72,
  bandLowTicks: 76,
  bandHighTicks: 80,
  haltLowTicks: 84,
  haltHighTicks: 88,
  firstWork: 92,
  lastWork: 96,
  oldestRemembered: 100,
  newestRemembered: 104,
  oldestEnded: 108,
  newestEnded: 112,
  forgetAfterMs: 120,
  droppedTexts: 128,
  droppedClients: 132,
  firstLine: 136,
  lastLine: 140,
  newestAccount: 144,
  firstMarket: 148,
  lastMarket: 152,
  accountCount: 156,
  assetCount: 160,
  marketCount: 164,
  lineCount: 168,
  question: 172,
  idIndex: 176,
  idIndexLog: 180,
  idsIndexed: 184,
  keyA: 188,
  keyB: 192,
  keyC: 196,
  keyD: 200,
  keyE: 204,
  keyF: 208,
  keyG: 212,
  keyH: 216,
  keyStart: 220,
  addressIndex: 224,
  addressIndexLog: 228,
  addressCount: 232,
  lineIndex: 236,
  lineIndexLog: 240,
  expiries: 244,
  expiriesLog: 248,
  expiryCount: 252,
  switches: 256,
  switchesLog: 260,
  switchCount: 264,
  notedPages: 268,
  changes: 272,
  changesLog: 276,
  memoryEnd: 280,
  uncrossTicks: 284,
  uncrossLots: 288,
  uncrossImbalanceLots: 296,
  partNowMs: 304,
  partWindowMs: 312,
  partNow: 320,
} as const;

export const levelChangeRow = {
  ladder: 0,
  ticks: 4,
  shownLots: 8,
} as const;

export const partCursorAt = 16_128;

export const digestBytes = 32;

export const partCursorRow = {
  at: 0,
  end: 4,
  left: 8,
  hashLeft: 12,
  hashRight: 16,
  hashCount: 20,
  accountNumbers: 24,
  marketNumbers: 28,
  names: 32,
  accounts: 36,
  markets: 40,
  wantedAccount: 44,
  wantedMarket: 48,
} as const;

export const rawNamesBytes = 12;

export const rawNamesRow = {
  id: 0,
  target: 4,
  account: 8,
} as const;
