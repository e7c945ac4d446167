/** The stages as data: what each trades, how long it keeps things, how big it is. `-c stage=…` chooses one. */
import { type Catalog, catalogSchema, groupsOf, listedMarkets } from '#wire/catalog.ts';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import { withdrawalTermsSchema } from '#wire/withdrawal-terms.ts';
import {
  devChain,
  genesisTokens,
  localChain,
  placeholderVault,
  prodChain,
  type StageChain,
} from './chains.ts';

export const stageNames = ['local', 'dev', 'prod'] as const;
export type StageName = (typeof stageNames)[number];

export type Stage = {
  name: StageName;
  catalog: Catalog;
  chain: StageChain;
  journalRetentionHours: number;
  /** How long a leader leads without renewing; it renews three times as often. */
  leaseMs: number;
  /** Each pair group's; `tasks` 2: one leads, one stands by and takes over. */
  matcher: { cpuUnits: number; memoryMiB: number; tasks: 1 | 2 };
  /** Demo tokens for everyone who asks, and how many may ask in a second: never in prod. */
  faucet?: {
    requestsPerSecond: number;
    /** Atoms of the chain's own coin for whoever has less: on a chain of ours. */
    coinAtoms?: string;
  };
  /** Demo traders, in the stages that have them, and how often each of them acts. Each act costs what an order costs. */
  bots?: { paceMs: number };
  /**
   * People who may propose and approve adjustments, as AWS names them: `user/ann` of IAM, `sso/ann@example.com` of IAM Identity
   * Center. It takes three. A local cloud believes any name.
   */
  adjusters: string[];
  /**
   * The table that was the ledger's shadow is the ledger, and the other way round: what an operator sets after a rebuild
   * (docs/operations/rebuild-ledger.md).
   */
  ledgersSwapped?: boolean;
  /** Keep data when a stack goes away, restore it to any second, refuse its deletion. */
  retainData: boolean;
  logRetentionDays: 7 | 90;
  /** Origins of web pages that may call the API. */
  corsOrigins: string[];
  /** Domains that a sign-in message may name. */
  signInDomains: string[];
  requestsPerSecond: number;
};

/**
 * Tokens of a stage whose vault is not deployed yet. They are identities that orders sign, nothing calls them;
 * a stage gets its real tokens and its vault's address by writing them here.
 */
const placeholderTokens = {
  ETH: '0x1000000000000000000000000000000000000e70',
  BTC: '0x1000000000000000000000000000000000000b7c',
  SOL: '0x1000000000000000000000000000000000000501',
  USDC: '0x1000000000000000000000000000000000000d01',
};

type Tokens = typeof placeholderTokens;

function assets(tokens: Tokens): Catalog['assets'] {
  return [
    { id: 'ETH', decimals: 8, chainDecimals: 18, chainAsset: tokens.ETH },
    { id: 'BTC', decimals: 8, chainDecimals: 8, chainAsset: tokens.BTC },
    { id: 'SOL', decimals: 8, chainDecimals: 9, chainAsset: tokens.SOL },
    { id: 'USDC', decimals: 6, chainDecimals: 6, chainAsset: tokens.USDC },
  ];
}

const common = {
  minSizeLots: 1,
  minNotionalUnits: 1_000_000, // 1 USDC
  maxNotionalUnits: 10_000_000_000_000, // 10 million USDC
  makerFeeBps: 5,
  takerFeeBps: 10,
  /** A typing error of a digit is outside it, a lively day inside. */
  bandBps: 1_000,
  auctionBandBps: 1_000,
  haltBps: 700,
  referenceTicks: 0,
  state: 'open',
} as const;

/** How long a market that halted itself stands still, and its auction collects orders. */
type Pauses = Pick<Catalog['markets'][number], 'haltWindowMs' | 'haltMs' | 'auctionMs'>;

const minutes = 60_000;
const demoPauses: Pauses = { haltWindowMs: minutes, haltMs: 15_000, auctionMs: 15_000 };
const pauses: Pauses = { haltWindowMs: 5 * minutes, haltMs: 2 * minutes, auctionMs: 3 * minutes };

/** The three markets; SOL-USDC trades in a group of its own where there are two. */
function markets(
  groups: { majors: string; alts: string },
  { haltWindowMs, haltMs, auctionMs }: Pauses,
): Catalog['markets'] {
  const terms = { ...common, haltWindowMs, haltMs, auctionMs };
  return [
    {
      ...terms,
      id: 'ETH-USDC',
      groupId: groups.majors,
      baseUnitsPerLot: 100_000, // lot 0.001 ETH
      quoteUnitsPerTickLot: 10, // tick 0.01 USDC
    },
    {
      ...terms,
      id: 'BTC-USDC',
      groupId: groups.majors,
      baseUnitsPerLot: 1_000, // lot 0.00001 BTC
      quoteUnitsPerTickLot: 1, // tick 0.1 USDC
    },
    {
      ...terms,
      id: 'SOL-USDC',
      groupId: groups.alts,
      baseUnitsPerLot: 1_000_000, // lot 0.01 SOL
      quoteUnitsPerTickLot: 100, // tick 0.01 USDC
    },
  ];
}

const oneGroup = { majors: 'majors', alts: 'majors' };
const twoGroups = { majors: 'majors', alts: 'alts' };

const stages: Record<StageName, Stage> = {
  local: {
    name: 'local',
    catalog: { assets: assets(genesisTokens), markets: markets(twoGroups, demoPauses) },
    chain: localChain,
    // A restart begins with a snapshot and reads on in the archive: the stream need not remember more.
    journalRetentionHours: 168,
    leaseMs: 3_000,
    matcher: { cpuUnits: 256, memoryMiB: 512, tasks: 1 },
    faucet: { requestsPerSecond: 1_000, coinAtoms: '100000000000000000' },
    bots: { paceMs: 2_000 },
    adjusters: [],
    retainData: false,
    logRetentionDays: 7,
    corsOrigins: ['*'],
    signInDomains: ['localhost', '127.0.0.1', 'localhost:3000', 'localhost:5173', 'localhost:8080'],
    requestsPerSecond: 1_000,
  },
  dev: {
    name: 'dev',
    catalog: { assets: assets(placeholderTokens), markets: markets(oneGroup, demoPauses) },
    chain: devChain,
    journalRetentionHours: 24,
    // A task that died is replaced in about as long.
    leaseMs: 20_000,
    matcher: { cpuUnits: 256, memoryMiB: 512, tasks: 1 },
    faucet: { requestsPerSecond: 2 },
    bots: { paceMs: 30_000 },
    adjusters: [],
    retainData: false,
    logRetentionDays: 7,
    corsOrigins: ['*'],
    signInDomains: ['localhost', 'dev.crossbook.example'],
    requestsPerSecond: 200,
  },
  prod: {
    name: 'prod',
    catalog: { assets: assets(placeholderTokens), markets: markets(twoGroups, pauses) },
    chain: prodChain,
    // The time in which whatever stops a consumer, the archive's above all, must be mended; matchers begin with snapshots.
    journalRetentionHours: 168,
    leaseMs: 6_000,
    matcher: { cpuUnits: 512, memoryMiB: 1_024, tasks: 2 },
    adjusters: [],
    retainData: true,
    logRetentionDays: 90,
    corsOrigins: ['https://crossbook.example'],
    signInDomains: ['crossbook.example'],
    requestsPerSecond: 2_000,
  },
};

/** The settings of the stage that the `stage` context names; throws, in one sentence, for what cannot be deployed. */
export function stageOf(name: unknown): Stage {
  const stage = stages[name as StageName];
  if (!stage)
    throw new Error(`no stage is called ${String(name)}: use -c stage=${stageNames.join('|')}`);
  validate(stage);
  return stage;
}

/** What prod still has from this repository's examples and not from its owner. */
export function placeholdersOf(stage: Stage): string[] {
  if (stage.name !== 'prod') return [];
  const isExample = (text: string) => text.endsWith('.example');
  const { assets: listed } = stage.catalog;
  return [
    ...(listed.some(({ id, chainAsset }) => placeholderTokens[id as keyof Tokens] === chainAsset)
      ? ['tokens']
      : []),
    ...(stage.chain.verifyingContract === placeholderVault ? ['vault'] : []),
    ...(stage.corsOrigins.some(isExample) ? ['CORS origins'] : []),
    ...(stage.signInDomains.some(isExample) ? ['sign-in domains'] : []),
    ...(stage.adjusters.length === 0 ? ['adjusters'] : []),
  ];
}

export const groupIdsOf = (stage: Stage): string[] => groupsOf(stage.catalog);

/** Lambda allows 4 KB for all variables of a function; the catalog is the one that grows. */
const catalogBytesAtMost = 3_000;

function validate(stage: Stage): void {
  listedMarkets(catalogSchema.parse(stage.catalog));
  chainTermsSchema.parse(stage.chain.terms);
  withdrawalTermsSchema.parse(stage.chain.withdrawals);
  const bytes = Buffer.byteLength(JSON.stringify(stage.catalog));
  if (bytes > catalogBytesAtMost)
    throw new Error(
      `the catalog of ${stage.name} has ${bytes} bytes of at most ${catalogBytesAtMost}: list fewer markets`,
    );
  if (stage.name === 'prod' && (stage.faucet || stage.bots))
    throw new Error('prod has neither a faucet nor bots: change infra/settings.ts');
  if (stage.name !== 'local' && stage.chain.genesis)
    throw new Error('a key that everybody knows makes contracts on the local chain only');
}
