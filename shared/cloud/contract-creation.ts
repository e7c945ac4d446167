/** How the contracts are made: what their constructors are given, and where they will be, which follows from deployer and nonce. */
import { AbiCoder, concat, getCreateAddress } from 'ethers';
import { exchangeBytecode } from '#abi/exchange-bytecode.ts';
import { timelockBytecode } from '#abi/timelock-bytecode.ts';
import { vaultBytecode } from '#abi/vault-bytecode.ts';

export type ContractTerms = {
  /** Who proposes and executes what the timelock delays. */
  admin: string;
  operator: string;
  /** Says how prediction markets ended. */
  resolver: string;
  /** May pause settlement, and nothing else. */
  guardian: string;
  feeAccount: string;
  insuranceAccount: string;
  exitDelaySeconds: number;
  /** How long after its delay a request is overdue. */
  freezeMarginSeconds: number;
  /** For how long an order may still be settled after it expired. */
  expiryGraceSeconds: number;
  hardFeeCapBps: number;
};

export type Creation = { name: string; address: string; data: string };

/** In this order, from the deployer's nonce on: timelock, vault, exchange. */
export function contractCreations(
  { deployer, firstNonce }: { deployer: string; firstNonce: number },
  terms: ContractTerms,
): [timelock: Creation, vault: Creation, exchange: Creation] {
  const [timelock, vault, exchange] = [0, 1, 2].map((at) =>
    createdAddress(deployer, firstNonce + at),
  ) as [string, string, string];
  return [
    {
      name: 'timelock',
      address: timelock,
      data: creation(
        timelockBytecode,
        ['uint256', 'address[]', 'address[]', 'address'],
        [
          // Whoever dislikes a change that is announced has left before it is made.
          terms.exitDelaySeconds + terms.freezeMarginSeconds,
          [terms.admin],
          [terms.admin],
          `0x${'0'.repeat(40)}`,
        ],
      ),
    },
    {
      name: 'vault',
      address: vault,
      data: creation(
        vaultBytecode,
        ['(address,address,address,address,address,address,uint64,uint64)'],
        [
          [
            ...[timelock, exchange, terms.operator, terms.resolver],
            ...[terms.feeAccount, terms.insuranceAccount],
            ...[terms.exitDelaySeconds, terms.freezeMarginSeconds],
          ],
        ],
      ),
    },
    {
      name: 'exchange',
      address: exchange,
      data: creation(
        exchangeBytecode,
        ['address', 'address', 'uint64', 'uint16'],
        [vault, terms.guardian, terms.expiryGraceSeconds, terms.hardFeeCapBps],
      ),
    },
  ];
}

export const createdAddress = (deployer: string, nonce: number): string =>
  getCreateAddress({ from: deployer, nonce }).toLowerCase();

export const creation = (bytecode: string, types: string[], values: unknown[]): string =>
  concat([bytecode, AbiCoder.defaultAbiCoder().encode(types, values)]);
