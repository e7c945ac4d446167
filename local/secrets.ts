/** The secrets of the template: values stated there, or generated once and kept in the state folder. */
import { randomInt } from 'node:crypto';
import type { Assembly, Resource } from './assembly.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

export type Secret = { name: string; arn: string; value: string; description?: string };

export type Secrets = {
  all: Secret[];
  /** By name, full ARN, or ARN without the six characters at its end. */
  find: (id: string) => Secret | undefined;
  /** What a container's `ValueFrom` names: a secret, or `arn:jsonKey:versionStage:versionId`. */
  resolve: (valueFrom: string) => string | undefined;
};

type Generate = {
  PasswordLength?: number;
  ExcludeCharacters?: string;
  ExcludeLowercase?: boolean;
  ExcludeUppercase?: boolean;
  ExcludeNumbers?: boolean;
  ExcludePunctuation?: boolean;
  IncludeSpace?: boolean;
  SecretStringTemplate?: string;
  GenerateStringKey?: string;
};

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** Opens the secrets; `file` keeps the generated ones, readable by its owner only. */
export function openSecrets(assembly: Assembly, file: string): Secrets {
  const kept = readJsonFile<Record<string, string>>(file) ?? {};
  let grown = false;
  const all = assembly.of('AWS::SecretsManager::Secret').map((resource): Secret => {
    let value = statedValue(resource);
    if (value === undefined) {
      value =
        kept[resource.name] ?? generate((resource.props['GenerateSecretString'] ?? {}) as Generate);
      if (kept[resource.name] === undefined) grown = true;
      kept[resource.name] = value;
    }
    const description = resource.props['Description'];
    return {
      name: resource.name,
      arn: resource.arn ?? resource.name,
      value,
      ...(typeof description === 'string' ? { description } : {}),
    };
  });
  if (grown) writeJsonFile(file, kept);

  const find = (id: string): Secret | undefined =>
    all.find(({ name, arn }) => id === name || id === arn || id === arn.slice(0, -7));
  return { all, find, resolve: (valueFrom) => resolveValue(find, valueFrom) };
}

function statedValue(resource: Resource): string | undefined {
  const stated = resource.props['SecretString'];
  return typeof stated === 'string' ? stated : undefined;
}

/** As Secrets Manager's GetRandomPassword: 32 characters of four kinds unless told otherwise, each kind at least once. */
export function generate(rules: Generate): string {
  const excluded = new Set(rules.ExcludeCharacters ?? '');
  const kinds = [
    rules.ExcludeLowercase ? '' : LOWER,
    rules.ExcludeUppercase ? '' : LOWER.toUpperCase(),
    rules.ExcludeNumbers ? '' : DIGITS,
    rules.ExcludePunctuation ? '' : PUNCTUATION,
    rules.IncludeSpace ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((letter) => !excluded.has(letter)).join(''))
    .filter((kind) => kind !== '');
  const pick = (letters: string): string => letters[randomInt(letters.length)] as string;
  const letters = kinds.map(pick);
  const length = rules.PasswordLength ?? 32;
  while (letters.length < length) letters.push(pick(kinds.join('')));
  for (let i = letters.length - 1; i > 0; i -= 1) {
    const j = randomInt(i + 1);
    [letters[i], letters[j]] = [letters[j] as string, letters[i] as string];
  }
  const password = letters.slice(0, length).join('');
  if (rules.GenerateStringKey === undefined) return password;
  const template = JSON.parse(rules.SecretStringTemplate ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...template, [rules.GenerateStringKey]: password });
}

function resolveValue(find: Secrets['find'], valueFrom: string): string | undefined {
  const whole = find(valueFrom);
  if (whole !== undefined) return whole.value;
  // arn:aws:secretsmanager:region:account:secret:name, then json key, version stage and version id.
  const parts = valueFrom.split(':');
  const secret = find(parts.slice(0, 7).join(':'));
  const key = parts[7];
  if (secret === undefined) return undefined;
  if (key === undefined || key === '') return secret.value;
  const field = (JSON.parse(secret.value) as Record<string, unknown>)[key];
  if (field === undefined) return undefined;
  return typeof field === 'string' ? field : JSON.stringify(field);
}
