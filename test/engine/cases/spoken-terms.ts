/** A market's terms as an operator says them: `bandBps 500 state auction`, pairs of a term and its value; `decimals` are the traded asset's. */
import type { Market, MarketState } from '#domain/market.ts';

export function termsOf(text: string): Partial<Market> & { decimals?: number } {
  const words = text === '' ? [] : text.split(' ');
  const terms: Record<string, number | MarketState> = {};
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value = ''] = words.slice(at);
    if (name === 'state') terms[name] = value as MarketState;
    else if (/^-?\d+$/.test(value)) terms[name] = Number(value);
    else throw new Error(`${name} is not a term that can be ${value}`);
  }
  return terms as Partial<Market> & { decimals?: number };
}
