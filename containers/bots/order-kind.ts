/** What kind of order a wish is, in a few words for the report. */
import type { OrderWish } from '#client/signing.ts';

export function kindOf(wish: OrderWish): string {
  const { type = 'limit', timeInForce = type === 'limit' ? 'gtc' : 'ioc' } = wish;
  const more = [
    ...(wish.postOnly ? ['post_only'] : []),
    ...(wish.display === undefined ? [] : ['iceberg']),
    ...(wish.spend === undefined ? [] : ['by money']),
    ...(wish.stp === undefined ? [] : [wish.stp]),
  ];
  return [type, timeInForce, ...more].join(' ');
}
