/** Brings funds to the exchange: a wallet on the chain lets the vault take a token, and deposits it to an account. */
import { Interface } from 'ethers';
import { vaultAbi } from '#abi/vault.ts';
import { parseDecimal } from '#domain/amount.ts';
import type { ChainJson, DepositJson } from '#wire/rest-api.ts';
import { CrossbookError } from './crossbook-error.ts';

/** An ethers signer that is connected to a node of the chain, such as a browser's wallet. */
export type PayingWallet = {
  sendTransaction(transaction: { to: string; data: string; value?: bigint }): Promise<{
    hash: string;
    wait(): Promise<{ status?: number | null } | null>;
  }>;
};

export type DepositWish = {
  asset: string;
  /** Decimal text; atoms that are no whole unit are carried. */
  amount: string;
  wallet: PayingWallet;
};

const [token, vault] = [
  new Interface(['function approve(address spender, uint256 amount)']),
  new Interface(vaultAbi),
];

/** Answers the transaction that deposited, once a block has it. Throws a CrossbookError where it cannot, or failed. */
export async function payIn(
  { asset: id, amount, wallet }: DepositWish,
  { chain, account }: { chain: ChainJson; account: string },
): Promise<{ transactionHash: string }> {
  const asset = chain.tokens.find((each) => each.asset === id);
  if (!asset) throw new CrossbookError('unknown_asset', `there is no asset ${id}`);
  const atoms = parseDecimal(amount, asset.decimals);
  if (!atoms) throw new CrossbookError('amount_not_whole', `${amount} is no amount of ${id}`);
  const number = BigInt(asset.token);
  if (number === 0n) {
    const data = vault.encodeFunctionData('depositNative', [account]);
    return mined(wallet, { to: chain.vault, data, value: atoms });
  }
  const approve = token.encodeFunctionData('approve', [chain.vault, atoms]);
  await mined(wallet, { to: asset.token, data: approve });
  const data = vault.encodeFunctionData('deposit', [number, atoms, account]);
  return mined(wallet, { to: chain.vault, data });
}

async function mined(
  wallet: PayingWallet,
  transaction: Parameters<PayingWallet['sendTransaction']>[0],
): Promise<{ transactionHash: string }> {
  const { hash, wait } = await sent(wallet, transaction);
  const receipt = await wait();
  if (receipt?.status !== 1)
    throw new CrossbookError('would_revert', `transaction ${hash} failed on the chain`);
  return { transactionHash: hash };
}

async function sent(
  wallet: PayingWallet,
  transaction: Parameters<PayingWallet['sendTransaction']>[0],
) {
  const response = await wallet.sendTransaction(transaction);
  return { hash: response.hash, wait: () => response.wait() };
}

export type CreditWait = {
  deposits(): Promise<readonly DepositJson[]>;
  wait(ms: number): Promise<void>;
  now(): number;
  withinMs: number;
};

const lookMs = 500;

/** Waits until all that a transaction deposited counts on the exchange. */
export async function credited(transactionHash: string, look: CreditWait): Promise<DepositJson[]> {
  const untilMs = look.now() + look.withinMs;
  for (;;) {
    const own = (await look.deposits()).filter((each) => each.transactionHash === transactionHash);
    const isOver = ({ status }: DepositJson) => status !== 'pending' && status !== 'reorged';
    if (own.length > 0 && own.every(isOver)) return own;
    if (look.now() > untilMs)
      throw new CrossbookError(
        'timeout',
        `${transactionHash} is not credited yet: look again later`,
      );
    await look.wait(lookMs);
  }
}
