/** The first transactions of a local chain, always the same ones in the same order: so the addresses are known before it is there. */
import { id as hashOf, Interface, parseUnits } from 'ethers';
import { testTokenAbi } from '#abi/test-token.ts';
import { testTokenBytecode } from '#abi/test-token-bytecode.ts';
import { vaultAbi } from '#abi/vault.ts';
import {
  type ContractTerms,
  contractCreations,
  createdAddress,
  creation,
} from '#cloud/contract-creation.ts';

export type GenesisTerms = {
  deployer: string;
  contracts: ContractTerms;
  faucet: string;
  assets: readonly { id: string; chainDecimals: number }[];
};

/** Without `to`, it makes a contract. */
export type Step = { to?: string; data: string; value?: bigint };

export type GenesisPlan = {
  vault: string;
  exchange: string;
  /** By asset. */
  tokens: ReadonlyMap<string, string>;
  steps: readonly Step[];
};

/** What insurance begins with of each asset, and what of the others. */
const insured: Record<string, string> = { ETH: '1000', BTC: '100', SOL: '50000', USDC: '10000000' };
const insuredOfOthers = '100000';
const minterRole = hashOf('MINTER_ROLE');
/** For gas. */
const coin = parseUnits('1000', 18);

const [token, vaultCalls] = [new Interface(testTokenAbi), new Interface(vaultAbi)];

export function genesisPlan({ deployer, contracts, faucet, assets }: GenesisTerms): GenesisPlan {
  const creations = contractCreations({ deployer, firstNonce: 0 }, contracts);
  const [, vault, exchange] = creations;
  const tokens = new Map(
    assets.map(({ id }, at) => [id, createdAddress(deployer, creations.length + at)]),
  );
  const steps: Step[] = [
    ...creations.map(({ data }) => ({ data })),
    ...assets.map(({ id, chainDecimals }) => ({
      data: creation(
        testTokenBytecode,
        ['string', 'string', 'uint8', 'address'],
        [`Test ${id}`, id, chainDecimals, deployer],
      ),
    })),
    ...assets.flatMap(({ id, chainDecimals }): Step[] => {
      const to = tokens.get(id) as string;
      const amount = parseUnits(insured[id] ?? insuredOfOthers, chainDecimals);
      return [
        { to, data: token.encodeFunctionData('grantRole', [minterRole, faucet]) },
        { to, data: token.encodeFunctionData('mint', [deployer, amount]) },
        { to, data: token.encodeFunctionData('approve', [vault.address, amount]) },
        {
          to: vault.address,
          data: vaultCalls.encodeFunctionData('deposit', [to, amount, contracts.insuranceAccount]),
        },
      ];
    }),
    ...[contracts.operator, faucet].map((to) => ({ to, data: '0x', value: coin })),
  ];
  return { vault: vault.address, exchange: exchange.address, tokens, steps };
}
