/** What more than half of all providers say of a block and of our logs in it; who says something else is named. */
import type { ChainLog } from '#wire/chain-fact.ts';
import type { BlockId } from './chain-index.ts';
import { type Header, headerOf, oursIn, quantity } from './chain-index-node.ts';

/** Several providers, to be compared with each other. */
export type Witnesses = {
  /** In the order in which `everyone` answers. */
  names: readonly string[];
  /** Most providers contradict this one. */
  accuse(name: string, about: string): void;
  /** Most do not agree: nothing from this block on is final until they do. */
  doubt(block: BlockId): void;
};

export type MajorityPorts = {
  /** What each configured provider answers; undefined where one does not. */
  everyone: (method: string, params: readonly unknown[]) => Promise<readonly unknown[]>;
  /** Of our contracts, in lower case. */
  addresses: readonly string[];
  /** None where there is one provider: then its word is all there is. */
  witnesses?: Witnesses | undefined;
};

/** Whether a header can be hashed again is left out: nodes that are right may leave out fields. */
type AgreedHeader = Omit<Header, 'isProven'>;

/** The header that more than half of all providers have under a number; those that do not answer count as against it. */
export function agreedHeader(
  number: number,
  ports: MajorityPorts,
): Promise<AgreedHeader | undefined> {
  if (number < 0) return Promise.resolve(undefined);
  return mostSay(
    {
      method: 'eth_getBlockByNumber',
      params: [quantity(number), false],
      about: `header of block ${number}`,
    },
    (answer) => {
      const header = headerIfAny(answer);
      return header?.number === number ? header : undefined;
    },
    ports,
  );
}

/** The newest block that more than half of all providers have, or say so; undefined where fewer answer. */
export async function reachedByMost({ everyone }: MajorityPorts): Promise<number | undefined> {
  const answers = await everyone('eth_blockNumber', []);
  const heads = answers.filter((answer) => typeof answer === 'string').map(Number);
  return heads.sort((one, other) => other - one)[answers.length >> 1];
}

/** Our logs of a block, as more than half of all providers tell them. */
export function agreedLogs(
  { number, hash }: BlockId,
  ports: MajorityPorts,
): Promise<ChainLog[] | undefined> {
  return mostSay(
    {
      method: 'eth_getLogs',
      params: [{ blockHash: hash, address: ports.addresses }],
      about: `logs of block ${number}`,
    },
    (answer) => oursIn(answer, { hash, addresses: ports.addresses }),
    ports,
  );
}

type Question = { method: string; params: readonly unknown[]; about: string };

/** Who answers something else than most do is accused of it; who does not answer, or does not have it, is not. */
async function mostSay<T>(
  { method, params, about }: Question,
  understood: (answer: unknown) => T | undefined,
  { everyone, witnesses }: MajorityPorts,
): Promise<T | undefined> {
  const said = (await everyone(method, params)).map((answer) => {
    const value = understood(answer);
    return value === undefined ? undefined : { value, text: JSON.stringify(value) };
  });
  const voices = Map.groupBy(said, (each) => each?.text);
  const most = said.find((each) => each && (voices.get(each.text)?.length ?? 0) * 2 > said.length);
  if (!most) return undefined;
  for (const [at, each] of said.entries())
    if (each && each.text !== most.text) witnesses?.accuse(witnesses.names[at] ?? `${at}`, about);
  return most.value;
}

function headerIfAny(answer: unknown): AgreedHeader | undefined {
  try {
    const header = headerOf(answer);
    if (!header) return undefined;
    const { isProven: _, ...said } = header;
    return said;
  } catch {
    return undefined;
  }
}
