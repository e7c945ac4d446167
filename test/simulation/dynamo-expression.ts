/** Reads the condition and update expressions that the stores write, and does to an item in memory what DynamoDB would. */

import type { Item } from '#cloud/batch-items.ts';
import { assert } from '#domain/assertion.ts';

export type Names = { names: Record<string, string>; values: Record<string, unknown> };

type Holds = (item: Item, at: Names) => boolean;
type Change = (next: Item, before: Item, at: Names) => void;
type Operand = (item: Item, at: Names) => unknown;

const conditions = new Map<string, Holds>();
const updates = new Map<string, Change[]>();

export function holds(expression: string, item: Item, at: Names): boolean {
  const known = conditions.get(expression) ?? readCondition(expression);
  conditions.set(expression, known);
  return known(item, at);
}

/** The item after an update; what it was before is left alone. */
export function updated(expression: string, before: Item, at: Names): Item {
  const known = updates.get(expression) ?? readUpdate(expression);
  updates.set(expression, known);
  const next = { ...before };
  for (const change of known) change(next, before, at);
  return next;
}

/** A list of words that are used up from the front. */
function wordsOf(expression: string) {
  const words = expression.match(/[#:]?[\w.]+|<=|>=|<>|[<>=(),+-]/g) ?? [];
  let next = 0;
  return {
    peek: () => words[next] ?? '',
    take: () => words[next++] ?? '',
    expect(word: string) {
      const found = words[next++];
      assert(found === word, `${expression}: ${word} expected, not ${found}`);
    },
  };
}
type Words = ReturnType<typeof wordsOf>;

function readCondition(expression: string): Holds {
  const words = wordsOf(expression);
  const condition = readOr(words);
  assert(words.peek() === '', `${expression}: it goes on`);
  return condition;
}

function readOr(words: Words): Holds {
  let left = readAnd(words);
  while (words.peek() === 'OR') {
    words.take();
    const [one, other] = [left, readAnd(words)];
    left = (item, at) => one(item, at) || other(item, at);
  }
  return left;
}

function readAnd(words: Words): Holds {
  let left = readTerm(words);
  while (words.peek() === 'AND') {
    words.take();
    const [one, other] = [left, readTerm(words)];
    left = (item, at) => one(item, at) && other(item, at);
  }
  return left;
}

function readTerm(words: Words): Holds {
  if (words.peek() === '(') {
    words.take();
    const inner = readOr(words);
    words.expect(')');
    return inner;
  }
  if (words.peek() === 'NOT') {
    words.take();
    const inner = readTerm(words);
    return (item, at) => !inner(item, at);
  }
  if (words.peek() in predicates) return readPredicate(words);
  const left = readOperand(words);
  const sign = words.take();
  if (sign === 'BETWEEN') {
    const least = readOperand(words);
    words.expect('AND');
    const most = readOperand(words);
    return (item, at) =>
      compares(left(item, at), '>=', least(item, at)) &&
      compares(left(item, at), '<=', most(item, at));
  }
  if (sign === 'IN') return readList(left, words);
  const right = readOperand(words);
  return (item, at) => compares(left(item, at), sign, right(item, at));
}

function readList(left: Operand, words: Words): Holds {
  words.expect('(');
  const among = [readOperand(words)];
  while (words.peek() === ',') {
    words.take();
    among.push(readOperand(words));
  }
  words.expect(')');
  return (item, at) => among.some((each) => compares(left(item, at), '=', each(item, at)));
}

type Predicate = (one: unknown, other: unknown) => boolean;

const predicates: Record<string, Predicate> = {
  attribute_exists: (one) => one !== undefined,
  attribute_not_exists: (one) => one === undefined,
  begins_with: (one, other) => typeof one === 'string' && one.startsWith(String(other)),
  contains: (one, other) =>
    Array.isArray(one) ? one.includes(other) : String(one ?? '').includes(String(other)),
};

function readPredicate(words: Words): Holds {
  const predicate = predicates[words.take()] as Predicate;
  words.expect('(');
  const one = readOperand(words);
  const isOfTwo = words.peek() === ',';
  if (isOfTwo) words.take();
  const other: Operand = isOfTwo ? readOperand(words) : () => undefined;
  words.expect(')');
  return (item, at) => predicate(one(item, at), other(item, at));
}

/** An attribute that is not there compares as false, but for being another. */
function compares(left: unknown, sign: string, right: unknown): boolean {
  if (left === undefined || right === undefined || typeof left !== typeof right)
    return sign === '<>';
  const [one, other] = [left as bigint, right as bigint];
  switch (sign) {
    case '=':
      return one === other;
    case '<>':
      return one !== other;
    case '<':
      return one < other;
    case '<=':
      return one <= other;
    case '>':
      return one > other;
    case '>=':
      return one >= other;
  }
  throw new Error(`no comparison: ${sign}`);
}

function readOperand(words: Words): Operand {
  const word = words.take();
  if (word === 'size') {
    words.expect('(');
    const inner = readOperand(words);
    words.expect(')');
    return (item, at) => sizeOf(inner(item, at));
  }
  if (word.startsWith(':')) return (_, { values }) => values[word];
  const path = word.split('.');
  return (item, at) =>
    path.reduce<unknown>((inner, name) => (inner as Item | undefined)?.[nameOf(name, at)], item);
}

/** As a number comes back. */
function sizeOf(value: unknown): bigint | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return BigInt(value.length);
  return typeof value === 'object' && value ? BigInt(Object.keys(value).length) : undefined;
}

function nameOf(word: string, { names }: Names): string {
  if (!word.startsWith('#')) return word;
  const name = names[word];
  assert(name !== undefined, `${word} is not named`);
  return name;
}

function readUpdate(expression: string): Change[] {
  const words = wordsOf(expression);
  const changes: Change[] = [];
  let clause = '';
  while (words.peek() !== '') {
    if (['SET', 'ADD', 'REMOVE'].includes(words.peek())) clause = words.take();
    else if (words.peek() === ',') words.take();
    else changes.push(readChange(clause, words));
  }
  return changes;
}

function readChange(clause: string, words: Words): Change {
  const word = words.take();
  if (clause === 'REMOVE')
    return (next, _, at) => {
      delete next[nameOf(word, at)];
    };
  if (clause === 'ADD') {
    const operand = readOperand(words);
    return (next, before, at) => {
      const [known, more] = [before[nameOf(word, at)], operand(before, at)];
      next[nameOf(word, at)] =
        more instanceof Set
          ? new Set([...((known ?? []) as Iterable<unknown>), ...more])
          : ((known ?? 0n) as bigint) + (more as bigint);
    };
  }
  words.expect('=');
  const operand = readAssigned(words);
  return (next, before, at) => {
    next[nameOf(word, at)] = operand(before, at);
  };
}

function readAssigned(words: Words): Operand {
  let left = readValue(words);
  while (words.peek() === '+' || words.peek() === '-') {
    const way = words.take() === '+' ? 1n : -1n;
    const [one, other] = [left, readValue(words)];
    left = (item, at) => (one(item, at) as bigint) + way * (other(item, at) as bigint);
  }
  return left;
}

function readValue(words: Words): Operand {
  if (words.peek() !== 'if_not_exists') return readOperand(words);
  words.take();
  words.expect('(');
  const first = readOperand(words);
  words.expect(',');
  const otherwise = readOperand(words);
  words.expect(')');
  return (item, at) => first(item, at) ?? otherwise(item, at);
}
