/**
 * `npm run contracts -- deploy …`: makes timelock, vault and exchange on a chain, in three transactions of one key, and prints the lines for
 * infra/chains.ts. The key needs nothing afterwards: no contract knows it.
 */
import { readFileSync } from 'node:fs';
import { HDNodeWallet, JsonRpcProvider, Mnemonic, Wallet } from 'ethers';
import { type ContractTerms, contractCreations } from '#cloud/contract-creation.ts';
import { readOptions } from './named-options.ts';

export type DeployWish = { rpc: string; keyFile: string; terms: ContractTerms };

export const deployUsage = `npm run contracts -- deploy --rpc URL --key-file FILE
  --admin 0x…              proposes and executes what the timelock delays: a multi-signature wallet
  --operator 0x…           the address of the stage's operator key in KMS
  --guardian 0x…           may pause settlement, and nothing else
  --resolver 0x…           says how prediction markets ended
  --fee-account 0x…        whose fees are; another than
  --insurance-account 0x…  who stands in for what cannot settle
  --exit-delay SECONDS     the stage's exitDelaySeconds
  [--freeze-margin SECONDS=86400] [--expiry-grace SECONDS=259200] [--fee-cap BPS=100]`;

const addresses = [
  ...(['admin', 'operator', 'guardian', 'resolver'] as const),
  ...(['fee-account', 'insurance-account'] as const),
] as const;
const numbers = ['exit-delay', 'freeze-margin', 'expiry-grace', 'fee-cap'] as const;

/** Throws one sentence for what it does not understand. */
export function readDeployWish(words: readonly string[]): DeployWish {
  const read = readOptions(words, ['rpc', 'key-file', ...addresses, ...numbers]);
  const { given, optional } = read;
  const address = (name: (typeof addresses)[number]) => read.address(name).toLowerCase();
  const whole = (name: (typeof numbers)[number], otherwise?: number): number => {
    const value = Number(optional(name) ?? otherwise ?? given(name));
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Error(`--${name} takes a whole number, not ${optional(name)}.`);
    return value;
  };
  const terms = {
    admin: address('admin'),
    operator: address('operator'),
    guardian: address('guardian'),
    resolver: address('resolver'),
    feeAccount: address('fee-account'),
    insuranceAccount: address('insurance-account'),
    exitDelaySeconds: whole('exit-delay'),
    freezeMarginSeconds: whole('freeze-margin', 86_400),
    expiryGraceSeconds: whole('expiry-grace', 3 * 86_400),
    hardFeeCapBps: whole('fee-cap', 100),
  };
  if (terms.feeAccount === terms.insuranceAccount)
    throw new Error('--fee-account and --insurance-account must differ.');
  return { rpc: given('rpc'), keyFile: given('key-file'), terms };
}

export type Deployed = {
  chainId: number;
  fromBlock: number;
  vault: string;
  exchange: string;
  timelock: string;
};

const localChainId = 31_337;

/** Whoever knows the phrase of development accounts would own what is made. */
function isPublished({ address }: Wallet): boolean {
  const phrase = Mnemonic.fromPhrase(`${'test '.repeat(11)}junk`);
  return Array.from({ length: 20 }).some(
    (_, at) => HDNodeWallet.fromMnemonic(phrase, `m/44'/60'/0'/0/${at}`).address === address,
  );
}

export async function deploy(
  { rpc, terms }: Pick<DeployWish, 'rpc' | 'terms'>,
  privateKey: string,
): Promise<Deployed> {
  const provider = new JsonRpcProvider(rpc, undefined, { pollingInterval: 500, cacheTimeout: -1 });
  try {
    const chainId = Number((await provider.getNetwork()).chainId);
    const wallet = new Wallet(privateKey, provider);
    if (chainId !== localChainId && isPublished(wallet))
      throw new Error(`The key is published: it makes nothing on chain ${chainId}.`);
    const firstNonce = await provider.getTransactionCount(wallet.address, 'pending');
    const creations = contractCreations({ deployer: wallet.address, firstNonce }, terms);
    const blocks: number[] = [];
    for (const [at, { name, address, data }] of creations.entries()) {
      const sent = await wallet.sendTransaction({ data, nonce: firstNonce + at });
      const receipt = await sent.wait();
      if (receipt?.status !== 1 || receipt.contractAddress?.toLowerCase() !== address)
        throw new Error(`${name} was not made: look at transaction ${sent.hash}.`);
      blocks.push(receipt.blockNumber);
    }
    const [timelock, vault, exchange] = creations.map(({ address }) => address) as [
      string,
      string,
      string,
    ];
    return { chainId, fromBlock: Math.min(...blocks), vault, exchange, timelock };
  } finally {
    provider.destroy();
  }
}

/** Lines of a StageChain. */
export const settingLines = (
  { chainId, fromBlock, vault, exchange, timelock }: Deployed,
  { feeAccount, insuranceAccount, exitDelaySeconds }: ContractTerms,
): string[] => [
  `  // Its timelock is ${timelock}.`,
  `  chainId: ${chainId},`,
  `  verifyingContract: '${vault}',`,
  `  exchangeContract: '${exchange}',`,
  `  feeAccount: '${feeAccount}',`,
  `  insuranceAccount: '${insuranceAccount}',`,
  `  terms: { fromBlock: ${fromBlock}, exitDelaySeconds: ${exitDelaySeconds}, … },`,
];

export async function deployByWords(words: readonly string[]): Promise<void> {
  try {
    const wish = readDeployWish(words);
    const deployed = await deploy(wish, readFileSync(wish.keyFile, 'utf8').trim());
    console.log(settingLines(deployed, wish.terms).join('\n'));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${deployUsage}`);
    process.exitCode = 1;
  }
}
