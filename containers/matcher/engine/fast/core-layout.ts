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
  slot: 12,
  holdLine: 16,
  receiveLine: 20,
  makerFeeBps: 24,
  takerFeeBps: 28,
  delegation: 32,
  expiryTurn: 36,
  heldUnits: 40,
  shownLots: 48,
  admitted: 56,
  account: 64,
  market: 68,
  id: 72,
  client: 76,
  place: 80,
  traits: 84,
  limitTicks: 88,
  triggerTicks: 92,
  termsLeft: 96,
  termsRight: 100,
  partyLeft: 104,
  partyRight: 108,
  sizeLots: 112,
  spendUnits: 120,
  filledLots: 128,
  filledQuoteUnits: 136,
  feeUnits: 144,
  displayLots: 152,
  createdAtMs: 160,
  expiresAtMs: 168,
  endedAtMs: 176,
  nextEnded: 184,
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

export const requestAt = 12_288;

export const requestBytes = 192;

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
  nowWord: 52,
  eventCount: 56,
  incoming: 60,
  bandLowTicks: 64,
  bandHighTicks: 68,
  haltLowTicks: 72,
  haltHighTicks: 76,
  firstWork: 80,
  lastWork: 84,
  oldestRemembered: 88,
  newestRemembered: 92,
  oldestEnded: 96,
  newestEnded: 100,
  retired: 104,
  droppedTexts: 108,
  droppedClients: 112,
  firstLine: 116,
  lastLine: 120,
  newestAccount: 124,
  firstMarket: 128,
  lastMarket: 132,
  accountCount: 136,
  assetCount: 140,
  marketCount: 144,
  lineCount: 148,
  rememberedCount: 152,
  endedCount: 156,
  question: 160,
  idIndex: 164,
  idIndexLog: 168,
  idsIndexed: 172,
  keyA: 176,
  keyB: 180,
  keyC: 184,
  keyD: 188,
  keyE: 192,
  keyF: 196,
  keyG: 200,
  keyH: 204,
  keyStart: 208,
  lineIndex: 212,
  lineIndexLog: 216,
  expiries: 220,
  expiriesLog: 224,
  expiryCount: 228,
  expiriesOver: 232,
  expiryTurn: 236,
  switches: 240,
  switchesLog: 244,
  switchCount: 248,
  notedPages: 252,
  changes: 256,
  changesLog: 260,
  memoryEnd: 264,
  uncrossTicks: 268,
  uncrossLots: 272,
  uncrossImbalanceLots: 280,
  partNowMs: 288,
  partWindowMs: 296,
  partNow: 304,
  readAhead: 312,
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
  readAhead: 52,
} as const;

export const rawIdsRow = {
  id: 0,
  target: 4,
} as const;
