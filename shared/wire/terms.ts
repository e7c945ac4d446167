/**
 * The `terms` text of a signed order: what a wallet shows and the engine obeys.
 * Canonical form: `MARKET TYPE TIME_IN_FORCE`, one space between, then `key=value` pairs in the order of the keys' list.
 */
import type { OrderType, SelfTradePrevention, TimeInForce } from '#domain/order.ts';
import type { OrderTerms } from '#domain/raw-order.ts';

/** The longest canonical text has 275 characters; bodies are bounded before they are read. */
export const termsLengthAtMost = 300;

type Rule = { timesInForce: readonly TimeInForce[]; trigger: boolean };
const atOnce = ['ioc', 'fok'] as const;
const any = ['gtc', 'gtd', 'ioc', 'fok'] as const;

/** Which order may last how long; a conditional one must have a trigger. */
const rules: Record<OrderType, Rule> = {
  limit: { timesInForce: any, trigger: false },
  market: { timesInForce: atOnce, trigger: false },
  stop: { timesInForce: atOnce, trigger: true },
  stop_limit: { timesInForce: any, trigger: true },
  take_profit: { timesInForce: atOnce, trigger: true },
  take_profit_limit: { timesInForce: any, trigger: true },
};

const modes: readonly SelfTradePrevention[] = [
  'expire_taker',
  'expire_maker',
  'expire_both',
  'decrement',
];

const head = /^([A-Z0-9]{1,16}-[A-Z0-9]{1,16}) ([a-z_]{1,17}) ([a-z]{3})(?: (.+))?$/;
const keys = ['trigger', 'display', 'post_only', 'stp', 'replaces'] as const;
type Key = (typeof keys)[number];

/** Decimal text above zero, at most 30 digits and 18 after the point, without a zero that could be left out. */
const amount = /^(?!0$)(?:0|[1-9]\d{0,29})(?:\.\d{0,17}[1-9])?$/;
const digest = /^0x[0-9a-f]{64}$/;
const accepts: Record<Key, (value: string) => boolean> = {
  trigger: (value) => amount.test(value),
  display: (value) => amount.test(value),
  post_only: (value) => value === 'true',
  stp: (value) => modes.some((mode) => mode === value && mode !== 'expire_taker'),
  replaces: (value) => digest.test(value),
};

/** Texts without attributes that were read before: nearly every order has one of a few. Bounded, for anybody may make them up. */
const plain = new Map<string, OrderTerms>();
const plainTexts = 1_024;

/** Reads canonical terms, so that two texts never mean one order; else says in a few words what is wrong. What it gives is not to be changed. */
export function readTerms(text: string): OrderTerms | { problem: string } {
  const known = plain.get(text);
  if (known) return known;
  const read = readAnew(text);
  if (!('problem' in read) && !text.includes('=')) {
    if (plain.size >= plainTexts) plain.clear();
    plain.set(text, read);
  }
  return read;
}

function readAnew(text: string): OrderTerms | { problem: string } {
  const [whole, marketId = '', orderType = '', timeInForce = '', rest] = head.exec(text) ?? [];
  if (whole !== text) return problem('not MARKET TYPE TIME_IN_FORCE [KEY=VALUE …]');
  if (!Object.hasOwn(rules, orderType)) return problem(`no order type ${orderType}`);
  const rule = rules[orderType as OrderType];
  if (!any.some((each) => each === timeInForce)) return problem(`no time in force ${timeInForce}`);
  if (!rule.timesInForce.some((each) => each === timeInForce))
    return problem(`${orderType} cannot be ${timeInForce}`);
  const attributes = readAttributes(rest);
  if (typeof attributes === 'string') return problem(attributes);

  const canRest = timeInForce === 'gtc' || timeInForce === 'gtd';
  const { trigger, display, stp, replaces } = attributes;
  if (rule.trigger !== (trigger !== undefined))
    return problem(`${orderType} ${rule.trigger ? 'needs a' : 'has no'} trigger`);
  if (display !== undefined && !canRest) return problem(`${timeInForce} has no display`);
  if (attributes.post_only !== undefined && !(orderType === 'limit' && canRest))
    return problem(`${orderType} ${timeInForce} has no post_only`);
  return {
    marketId,
    orderType: orderType as OrderType,
    timeInForce: timeInForce as TimeInForce,
    ...(trigger === undefined ? {} : { trigger }),
    ...(display === undefined ? {} : { display }),
    postOnly: attributes.post_only !== undefined,
    selfTrade: (stp ?? 'expire_taker') as SelfTradePrevention,
    ...(replaces === undefined ? {} : { replaces }),
  };
}

/** Canonical terms; undefined for anything else. */
export function parseTerms(text: string): OrderTerms | undefined {
  const read = readTerms(text);
  return 'problem' in read ? undefined : read;
}

export function formatTerms(terms: OrderTerms): string {
  const { marketId, orderType, timeInForce, trigger, display, replaces } = terms;
  return [
    `${marketId} ${orderType} ${timeInForce}`,
    ...(trigger === undefined ? [] : [`trigger=${trigger}`]),
    ...(display === undefined ? [] : [`display=${display}`]),
    ...(terms.postOnly ? ['post_only=true'] : []),
    ...(terms.selfTrade === 'expire_taker' ? [] : [`stp=${terms.selfTrade}`]),
    ...(replaces === undefined ? [] : [`replaces=${replaces}`]),
  ].join(' ');
}

/** The pairs behind the head, each key at most once and in the keys' order; a text says what is wrong. */
function readAttributes(text: string | undefined): Partial<Record<Key, string>> | string {
  const attributes: Partial<Record<Key, string>> = {};
  if (text === undefined) return attributes;
  let last = -1;
  for (const pair of text.split(' ')) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0)) as Key;
    const index = keys.indexOf(key);
    if (index < 0) return `no attribute ${pair.slice(0, 20)}`;
    if (index <= last) return `${key} is twice or behind its place: ${keys.join(', ')}`;
    const value = pair.slice(at + 1);
    if (!accepts[key](value)) return `${key} cannot be ${value.slice(0, 70)}`;
    attributes[key] = value;
    last = index;
  }
  return attributes;
}

const problem = (text: string) => ({ problem: text });
