/** From nothing to funds that trade, on stages with a faucet: it mints, one's wallet deposits, and the exchange credits. */
import { Interface, NonceManager, type Wallet } from 'ethers';
import type { DepositJson } from '#wire/rest-api.ts';
import { walletOnChain } from './chain-wallet.ts';
import type { Crossbook } from './crossbook.ts';
import { CrossbookError } from './crossbook-error.ts';

const token = new Interface(['function balanceOf(address account) view returns (uint256)']);
const lookMs = 300;
const withinMs = 60_000;

type Gift = { asset: string; amount: string };

/** Asks for one asset, or for all of them; answers once all of it counts. */
export async function fundFromFaucet(
  exchange: Crossbook,
  wallet: Pick<Wallet, 'privateKey'>,
  asset?: string,
): Promise<DepositJson[]> {
  const { amounts } = await exchange.faucet(asset);
  return depositGifts(exchange, wallet, amounts);
}

/** Deposits what is being minted to the wallet of this key; answers once all of it counts. */
export async function depositGifts(
  exchange: Crossbook,
  { privateKey }: Pick<Wallet, 'privateKey'>,
  amounts: readonly Gift[],
): Promise<DepositJson[]> {
  if (amounts.length === 0) return [];
  const chain = await exchange.chain();
  const account = await exchange.address();
  const wallet = walletOnChain(privateKey, chain);
  try {
    const balances = amounts.map(({ asset: id }) => async () => {
      const to = chain.tokens.find((each) => each.asset === id)?.token ?? '0x0';
      const data = token.encodeFunctionData('balanceOf', [account]);
      return BigInt((await wallet.provider?.call({ to, data })) ?? 0n);
    });
    await Promise.all(balances.map(arrival));
    // Nonces follow one another, though several transactions are under way.
    const paying = new NonceManager(wallet);
    const paid = await Promise.all(
      amounts.map(({ asset: id, amount }) =>
        exchange.deposit({ asset: id, amount, wallet: paying }),
      ),
    );
    const credits = [];
    for (const { transactionHash } of paid)
      credits.push(...(await exchange.depositCredited(transactionHash)));
    return credits;
  } finally {
    wallet.provider?.destroy();
  }
}

/** Waits until a wallet has some of a token. */
async function arrival(balance: () => Promise<bigint>): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while ((await balance()) === 0n) {
    if (Date.now() > untilMs) throw new CrossbookError('timeout', 'the faucet gave nothing');
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
