/** Genesis, at the start of a local cloud: makes contracts and test tokens where the settings say they are. Never elsewhere. */
import { setTimeout as pause } from 'node:timers/promises';
import { Wallet } from 'ethers';
import * as z from 'zod';
import { keyClient } from '#cloud/clients.ts';
import { systemClock as clock } from '#cloud/clock.ts';
import { createKmsSigner } from '#cloud/kms-signer.ts';
import { rpcPoolOf } from '#cloud/rpc-pool-of.ts';
import { catalogOf, setting } from '#cloud/settings.ts';
import { assert } from '#domain/assertion.ts';
import { tokenAddress } from '#domain/asset.ts';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import { beginChain, localChainId } from './begin-chain.ts';
import { genesisPlan } from './genesis-plan.ts';

/** Published development accounts of anvil: the sixth makes the contracts, the seventh plays their admin. */
const deployer = new Wallet('0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba');
const admin = '0x976ea74026e726554db657fa54763abd0c3a0aa9';

const createEvent = z.object({
  RequestType: z.literal('Create'),
  ResourceProperties: z.object({ feeAccount: z.string(), insuranceAccount: z.string() }),
});

export async function handler(event: unknown) {
  const environment = process.env;
  assert(setting(environment, 'stage') === 'local', 'genesis is of local clouds only');
  assert(Number(setting(environment, 'chainId')) === localChainId, 'genesis on another chain');
  const { feeAccount, insuranceAccount } = createEvent.parse(event).ResourceProperties;
  const [operator, faucet] = await Promise.all([
    addressOf(setting(environment, 'operatorKey')),
    addressOf(setting(environment, 'faucetKey')),
  ]);
  const { assets } = catalogOf(environment);
  const terms = chainTermsSchema.parse(JSON.parse(setting(environment, 'chainTerms')));
  const plan = genesisPlan({
    ...{ deployer: deployer.address, faucet, assets },
    contracts: {
      ...{ admin, operator, resolver: admin, guardian: admin, feeAccount, insuranceAccount },
      exitDelaySeconds: terms.exitDelaySeconds,
      ...{ freezeMarginSeconds: 60, expiryGraceSeconds: 3 * 86_400, hardFeeCapBps: 100 },
    },
  });
  assert(plan.vault === setting(environment, 'verifyingContract'), `the vault is ${plan.vault}`);
  assert(plan.exchange === setting(environment, 'exchangeContract'), `${plan.exchange} settles`);
  for (const asset of assets) {
    const made = plan.tokens.get(asset.id);
    assert(made === tokenAddress(asset), `${asset.id} is ${made}`);
  }
  const rpc = await rpcPoolOf(environment, { clock, random: Math.random });
  const sign: Wallet['signTransaction'] = (transaction) => deployer.signTransaction(transaction);
  const ports = { rpc, clock, pause, deployer: deployer.address, sign };
  return await beginChain(plan, { operator }, ports);
}

const addressOf = (keyId: string): Promise<string> =>
  createKmsSigner({ client: keyClient(), keyId }).address();
