/** Reads the deployment's settings from environment variables; a missing one stops the start with its name. */
import type { Address } from '#domain/order.ts';
import { type Catalog, catalogSchema } from '#wire/catalog.ts';
import type { SigningDomain } from '#wire/eip712.ts';
import { settingNames } from '#wire/setting-names.ts';

export type SettingName = keyof typeof settingNames;
export type Environment = Record<string, string | undefined>;

/** The value of one setting; throws where the deployment did not give it. */
export function setting(environment: Environment, name: SettingName): string {
  const value = environment[settingNames[name]];
  if (!value)
    throw new Error(`the environment lacks ${settingNames[name]}: deploy again, or see infra/`);
  return value;
}

export function catalogOf(environment: Environment): Catalog {
  return catalogSchema.parse(JSON.parse(setting(environment, 'catalog')));
}

export function signingDomainOf(environment: Environment): SigningDomain {
  return {
    chainId: BigInt(setting(environment, 'chainId')),
    verifyingContract: setting(environment, 'verifyingContract').toLowerCase() as Address,
  };
}

/** Whether what is matched settles on a chain: a stage that has an Exchange contract. */
export const isSettled = (environment: Environment): boolean =>
  Boolean(environment[settingNames.exchangeContract]);

/** Pair group → journal stream name. */
export function journalStreamsOf(environment: Environment): Record<string, string> {
  return JSON.parse(setting(environment, 'journalStreams')) as Record<string, string>;
}
