/** Mints by the faucet's key, whose address the test tokens know as their minter. */
import { Interface } from 'ethers';
import { testTokenAbi } from '#abi/test-token.ts';
import type { Rpc } from '#cloud/rpc.ts';
import type { TransactionSender } from '#cloud/send-transaction.ts';
import { assert } from '#domain/assertion.ts';
import type { FaucetPorts } from './give-funds.ts';

type MintingPorts = {
  rpc: Pick<Rpc, 'request'>;
  sender: Pick<TransactionSender, 'send'>;
  /** What an account has at least after a gift; 0 where a stage gives none. */
  coinAtoms: bigint;
};

const token = new Interface(testTokenAbi);
/** A mint takes some 55,000; many at once cannot each be estimated. */
const mintGas = 120_000n;
const payGas = 21_000n;

export function minting({
  rpc,
  sender,
  coinAtoms,
}: MintingPorts): Pick<FaucetPorts, 'mint' | 'giveCoin'> {
  const send = async (wanted: Parameters<TransactionSender['send']>[0]): Promise<string> => {
    const { hashes } = await sender.send(wanted);
    const hash = hashes.at(-1);
    assert(hash !== undefined, `${wanted.id} was stored without a hash`);
    return hash;
  };
  return {
    mint: ({ id, account, atoms, token: to }) =>
      send({
        ...{ id, to, gasLimit: mintGas },
        data: token.encodeFunctionData('mint', [account, atoms]),
      }),
    async giveCoin({ id, account }) {
      if (coinAtoms === 0n) return undefined;
      const has = BigInt(String(await rpc.request('eth_getBalance', [account, 'latest'])));
      if (has >= coinAtoms) return undefined;
      return send({ id, to: account, data: '0x', valueAtoms: coinAtoms, gasLimit: payGas });
    },
  };
}
