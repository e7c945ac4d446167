/** What the chain adds to an account's deposits and withdrawals in the ledger: those that are not credited yet, and how far each payment is. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import { settingNames } from '#wire/setting-names.ts';
import { keyText } from './batch-items.ts';
import { type ChainDeposit, chainDepositsOf, depositKey, readDeposits } from './deposit-store.ts';
import { readFactCursor } from './follow-facts.ts';
import type { ChainHead } from './funding-json.ts';
import type { Environment } from './settings.ts';
import { type Payout, payoutDigestOf, payoutIdOf, readPayouts } from './withdrawal-store.ts';

export type ChainFunding = {
  /** The newest ones that are not credited, newest first. */
  uncredited(account: string): Promise<ChainDeposit[]>;
  /** Undefined for another account's, and of a credited one. */
  uncreditedDeposit(account: string, depositId: string): Promise<ChainDeposit | undefined>;
  /** By their ids in the ledger; withdrawals that came another way are left out. */
  payouts(withdrawalIds: readonly string[]): Promise<Map<string, Payout>>;
  head(): Promise<ChainHead>;
};

/** So many of an account's newest deposits are looked through: anybody may send anybody worthless tokens. */
const looked = 100;

/** Undefined where the stage has no chain. */
export function chainFundingOf(
  environment: Environment,
  client: DynamoDBDocumentClient,
): ChainFunding | undefined {
  const table = environment[settingNames.chainTable];
  const terms = environment[settingNames.chainTerms];
  if (!table || !terms) return undefined;
  const { confirmations } = chainTermsSchema.parse(JSON.parse(terms));
  return createChainFunding({ client, table, confirmations });
}

export function createChainFunding(of: {
  client: DynamoDBDocumentClient;
  /** The Chain table. */
  table: string;
  confirmations: number;
}): ChainFunding {
  const where = { client: of.client, table: of.table };
  const isUncredited = ({ status }: ChainDeposit) => status !== 'credited';
  return {
    async uncredited(account) {
      const { deposits } = await chainDepositsOf(where, account, { limit: looked });
      return deposits.filter(isUncredited);
    },
    async uncreditedDeposit(account, depositId) {
      const [, chainId, transactionHash, logIndex] =
        /^deposit:(\d{1,15}):(0x[0-9a-f]{64}):(\d{1,9})$/.exec(depositId) ?? [];
      if (transactionHash === undefined) return undefined;
      const place = { chainId: Number(chainId), transactionHash, logIndex: Number(logIndex) };
      const deposit = (await readDeposits(where, [place])).get(keyText(depositKey(place)));
      return deposit?.account === account && isUncredited(deposit) ? deposit : undefined;
    },
    async payouts(withdrawalIds) {
      const found = await readPayouts(
        where,
        withdrawalIds.flatMap((id) => payoutDigestOf(id) ?? []),
      );
      return new Map([...found].map(([digest, payout]) => [payoutIdOf(digest), payout]));
    },
    async head() {
      const { headNumber } = await readFactCursor({ ...where, consumer: 'chain-facts' });
      return { headNumber, confirmationsNeeded: of.confirmations };
    },
  };
}
