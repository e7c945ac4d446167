/** Event filter patterns of event source mappings (the EventBridge pattern language, as Lambda documents it). */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type EventFilter = (event: unknown) => boolean;

/** Matches when any pattern does, or when there is none. Throws, naming the operator, for one that is not supported. */
export function createEventFilter(patterns: readonly string[]): EventFilter {
  const parsed = patterns.map((pattern) => JSON.parse(pattern) as Json);
  for (const pattern of parsed) checkPattern(pattern);
  if (parsed.length === 0) return () => true;
  return (event) => parsed.some((pattern) => matches(pattern, event as Json));
}

const OPERATORS: Readonly<Record<string, (rule: Json, value: Json | undefined) => boolean>> = {
  prefix: (rule, value) => typeof value === 'string' && value.startsWith(String(rule)),
  suffix: (rule, value) => typeof value === 'string' && value.endsWith(String(rule)),
  'equals-ignore-case': (rule, value) =>
    typeof value === 'string' && value.toLowerCase() === String(rule).toLowerCase(),
  exists: (rule, value) => (value !== undefined) === rule,
  'anything-but': (rule, value) =>
    value !== undefined && !([rule].flat() as Json[]).includes(value),
  numeric: (rule, value) => typeof value === 'number' && isInRange(rule as Json[], value),
};

function checkPattern(pattern: Json): void {
  if (Array.isArray(pattern)) {
    for (const rule of pattern) {
      if (rule === null || typeof rule !== 'object' || Array.isArray(rule)) continue;
      for (const operator of Object.keys(rule)) {
        if (OPERATORS[operator] === undefined) throw unsupported(operator);
        const inner = rule['anything-but'];
        if (inner && typeof inner === 'object' && !Array.isArray(inner)) {
          throw unsupported('anything-but with a nested operator');
        }
      }
    }
    return;
  }
  if (pattern === null || typeof pattern !== 'object') throw unsupported(JSON.stringify(pattern));
  for (const [key, inner] of Object.entries(pattern)) {
    if (key.startsWith('$')) throw unsupported(key);
    checkPattern(inner);
  }
}

function unsupported(what: string): Error {
  return new Error(
    `the filter pattern uses ${what}, which the local cloud does not support: teach it to local/event-filter.ts.`,
  );
}

function matches(pattern: Json, value: Json | undefined): boolean {
  if (Array.isArray(pattern)) return pattern.some((rule) => accepts(rule, value));
  const fields = Object.entries(pattern as { [key: string]: Json });
  return fields.every(([key, inner]) => matches(inner, fieldOf(value, key)));
}

function accepts(rule: Json, value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some((one) => accepts(rule, one));
  if (rule === null || typeof rule !== 'object') return rule === value;
  return Object.entries(rule).every(([name, operand]) => OPERATORS[name]?.(operand, value));
}

function fieldOf(value: Json | undefined, key: string): Json | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return value[key];
}

function isInRange(rule: Json[], value: number): boolean {
  for (let i = 0; i < rule.length; i += 2) {
    const bound = Number(rule[i + 1]);
    const holds = {
      '<': value < bound,
      '<=': value <= bound,
      '>': value > bound,
      '>=': value >= bound,
      '=': value === bound,
    }[String(rule[i])];
    if (holds !== true) return false;
  }
  return true;
}
