/** The transaction sender of a key that the deployment names. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import { keyClient } from './clients.ts';
import type { Clock } from './clock.ts';
import { createKmsSigner } from './kms-signer.ts';
import type { Rpc } from './rpc.ts';
import { type Environment, setting } from './settings.ts';
import { createTransactionSender, type FollowedSender } from './transaction-sender.ts';
import type { SenderPorts } from './transaction-sender-broadcast.ts';

/** The operator's key settles and pays withdrawals out; the faucet's mints demo tokens. */
export type SendingKey = 'operatorKey' | 'faucetKey';

type Given = {
  client: DynamoDBDocumentClient;
  rpc: Rpc;
  clock: Clock;
  report: SenderPorts['report'];
};

export function transactionSenderOf(
  environment: Environment,
  key: SendingKey,
  given: Given,
): FollowedSender {
  return createTransactionSender({
    ...given,
    table: setting(environment, 'chainTable'),
    signer: createKmsSigner({ client: keyClient(), keyId: setting(environment, key) }),
    chainId: Number(setting(environment, 'chainId')),
    terms: chainTermsSchema.parse(JSON.parse(setting(environment, 'chainTerms'))),
  });
}
