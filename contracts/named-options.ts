/** The options of a command about contracts, each with a value: `--name VALUE`. */
import { parseArgs } from 'node:util';
import { isAddress } from 'ethers';

export type NamedOptions<Name extends string> = {
  /** Undefined where it was left out. */
  optional(name: Name): string | undefined;
  given(name: Name): string;
  address(name: Name): string;
};

/** What it reads throws one sentence for what it does not understand. */
export function readOptions<const Name extends string>(
  words: readonly string[],
  names: readonly Name[],
): NamedOptions<Name> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  let values: Record<string, string | undefined>;
  try {
    values = parseArgs({ args: [...words], options, strict: true }).values as typeof values;
  } catch (error) {
    throw new Error(`${(error as Error).message.split('. ')[0]}.`);
  }
  const optional = (name: Name) => values[name];
  const given = (name: Name): string => {
    const value = values[name];
    if (!value) throw new Error(`--${name} is missing.`);
    return value;
  };
  const address = (name: Name): string => {
    const value = given(name);
    if (!isAddress(value)) throw new Error(`--${name} takes an address, not ${value}.`);
    return value;
  };
  return { optional, given, address };
}
