/** The stages' chains as data: which one, where our contracts are, how finality and fees are treated, who may take out how much. */
import type { ChainTerms } from '#wire/chain-terms.ts';
import type { WithdrawalTerms } from '#wire/withdrawal-terms.ts';

export type StageChain = {
  chainId: number;
  /** The Vault, which every signature names. */
  verifyingContract: string;
  exchangeContract: string;
  /** Where fees and insurance lie in the Vault. */
  feeAccount: string;
  insuranceAccount: string;
  terms: ChainTerms;
  withdrawals: WithdrawalTerms;
  /** How long a function that follows the chain may run, of each minute: following all the time costs 8 $ a month and function. */
  followSeconds: number;
  /** Public nodes, comma-separated; without, a secret holds the URLs, which have keys in them. */
  rpcUrls?: string;
  /** Whether trades settle there: once deposits come from there, and not before. */
  settles?: true;
  /** Contracts and test tokens are made at the first start, by a key that everybody knows. */
  genesis?: true;
};

/** An example, which no chain has. */
export const placeholderVault = '0xc0055b0000000000000000000000000000000001';
const placeholders = {
  verifyingContract: placeholderVault,
  exchangeContract: '0xc0055b0000000000000000000000000000000002',
  feeAccount: '0xc0055b0000000000000000000000000000000003',
  insuranceAccount: '0xc0055b0000000000000000000000000000000004',
};

/**
 * Where `functions/genesis` puts what it makes: addresses follow from its deployer, anvil's sixth development account, and the
 * order of its transactions. A test computes them again.
 */
export const genesisTokens = {
  ETH: '0x31a65c6d4eb07ad51e7afc890ac3b7be84df2ead',
  BTC: '0x2706a171ecb68e0038378d40dd1d136361d0cb7d',
  SOL: '0x993f00eb9c73e3e4eae3d6afb4ba65a6b8b5e597',
  USDC: '0xd771d7c0e1ebe89c9e9f663824851bb89b926d1a',
};

const gwei = (amount: number): string => `${amount}000000000`;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const deadlines = { deadlineAtLeastMs: 2 * minute, deadlineAtMostMs: 7 * day };

/** What strangers play with: a person looks only at what nobody plays. */
const demoLimits: WithdrawalTerms['limits'] = {
  ETH: { perDay: '1000', reviewFrom: '500' },
  BTC: { perDay: '100', reviewFrom: '50' },
  SOL: { perDay: '100000', reviewFrom: '50000' },
  USDC: { perDay: '2000000', reviewFrom: '1000000' },
};

export const localChain: StageChain = {
  chainId: 31_337,
  verifyingContract: '0x9baab117304f7d6517048e371025db8f89a8dbe5',
  exchangeContract: '0x1eb835eb7beeee9e6bbfe08f16a2d2ef668204bd',
  // Development accounts of the same published phrase.
  feeAccount: '0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f',
  insuranceAccount: '0x14dc79964da2c08b23698b3d3cc7ca32193d9955',
  followSeconds: 60,
  // The local cloud puts its own chain's URL in its place.
  rpcUrls: 'http://127.0.0.1:8545',
  genesis: true,
  settles: true,
  terms: {
    confirmations: 3,
    finalizedTag: false,
    fromBlock: 0,
    blockMs: 1_000,
    // A quarter of it is how old the chain's head may be before markets only take cancels; an idle local chain has a block
    // each twenty seconds.
    exitDelaySeconds: 240,
    maxFeePerGasWei: gwei(200),
    maxPriorityFeePerGasWei: gwei(20),
    stuckAfterSeconds: 10,
    batchGas: 15_000_000,
    batchAgeMs: 1_500,
  },
  withdrawals: {
    newRecipientDelayMs: 10_000,
    ...deadlines,
    limits: demoLimits,
  },
};

export const devChain: StageChain = {
  chainId: 84_532,
  ...placeholders,
  // Three looks: who plays may wait for the next minute.
  followSeconds: 8,
  settles: true,
  rpcUrls: 'https://sepolia.base.org',
  terms: {
    confirmations: 10,
    finalizedTag: true,
    fromBlock: 1,
    blockMs: 2_000,
    exitDelaySeconds: 3_600,
    maxFeePerGasWei: gwei(10),
    maxPriorityFeePerGasWei: gwei(1),
    stuckAfterSeconds: 60,
    batchGas: 15_000_000,
    // Each batch is a transaction: demo traders may wait.
    batchAgeMs: 30_000,
  },
  withdrawals: {
    newRecipientDelayMs: minute,
    ...deadlines,
    limits: demoLimits,
  },
};

export const prodChain: StageChain = {
  chainId: 8_453,
  ...placeholders,
  followSeconds: 60,
  settles: true,
  terms: {
    confirmations: 60,
    finalizedTag: true,
    fromBlock: 1,
    blockMs: 2_000,
    exitDelaySeconds: 86_400,
    maxFeePerGasWei: gwei(50),
    maxPriorityFeePerGasWei: gwei(5),
    stuckAfterSeconds: 60,
    batchGas: 15_000_000,
    // A batch costs some 65,000 gas beside its fills; what comes before and after it takes two seconds of the five that a trade may wait.
    batchAgeMs: 2_000,
  },
  withdrawals: {
    newRecipientDelayMs: day,
    ...deadlines,
    limits: {
      ETH: { perDay: '100', reviewFrom: '20' },
      BTC: { perDay: '5', reviewFrom: '1' },
      SOL: { perDay: '2000', reviewFrom: '400' },
      USDC: { perDay: '250000', reviewFrom: '50000' },
    },
  },
};
