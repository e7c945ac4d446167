/** A new token on a local cloud's chain, which its faucet may mint. */
import { AbiCoder, concat, Interface } from 'ethers';
import { testTokenAbi } from '#abi/test-token.ts';
import { testTokenBytecode } from '#abi/test-token-bytecode.ts';
import { walletOnChain } from '#client/chain-wallet.ts';
import type { Trader } from './trader.ts';

/** The fourth published development account of anvil. */
const developer = '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6';

export async function createToken(
  { rest, account }: Trader,
  { symbol, decimals }: { symbol: string; decimals: number },
): Promise<string> {
  const wallet = walletOnChain(developer, await rest.chain());
  try {
    // Whoever minted before is the faucet.
    const { amounts } = await rest.faucet({ account, idempotencyKey: `token-${symbol}` });
    const minted = await wallet.provider?.getTransaction(amounts[0]?.transactionHash ?? '');
    const values = [`Test ${symbol}`, symbol, decimals, wallet.address];
    const given = AbiCoder.defaultAbiCoder().encode(
      ['string', 'string', 'uint8', 'address'],
      values,
    );
    const created = await wallet.sendTransaction({ data: concat([testTokenBytecode, given]) });
    const to = (await created.wait())?.contractAddress?.toLowerCase() ?? '';
    const token = new Interface(testTokenAbi);
    const role = await wallet.call({ to, data: token.encodeFunctionData('MINTER_ROLE') });
    const data = token.encodeFunctionData('grantRole', [role, minted?.from]);
    await (await wallet.sendTransaction({ to, data })).wait();
    return to;
  } finally {
    wallet.provider?.destroy();
  }
}
