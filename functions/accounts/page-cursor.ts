/** Cursors as users see them: opaque, good for the list and account they were given for, and refused where they were altered. */
import * as z from 'zod';
import { checked, isRefused, type Refused, refuse } from '#cloud/http-edge.ts';
import type { TimePage } from '#cloud/time-page.ts';
import { crc32c } from '#wire/crc32c.ts';
import { defaultPageLimit, pageLimit, timeMsText } from '#wire/page-query.ts';

/** Query parameters that every list takes. `from` counts, `to` does not. */
export const pageQuery = z.strictObject({
  limit: pageLimit.default(defaultPageLimit),
  cursor: z.string().min(1).max(1_000).optional(),
  from: timeMsText.optional(),
  to: timeMsText.optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
});
export type PageQuery = z.infer<typeof pageQuery>;

/**
 * Hides a store's cursor. The checksum keeps accidents out, not attackers: a forged cursor could only
 * choose where in the owner's own list a page begins.
 */
export function sealCursor(text: string, scope: string): string {
  return `${Buffer.from(text).toString('base64url')}.${checksum(text, scope)}`;
}

/** The store's cursor; undefined where it was not given for this scope. */
export function openCursor(sealed: string, scope: string): string | undefined {
  const [encoded = '', sum] = sealed.split('.');
  const text = Buffer.from(encoded, 'base64url').toString();
  const isOurs = text !== '' && sealCursor(text, scope) === `${encoded}.${sum}`;
  return isOurs ? text : undefined;
}

export type AskedPage<Q> = { page: TimePage; query: Q };

/** Reads a list's query by its schema and opens its cursor. */
export function askedPage<Q extends PageQuery>(
  schema: z.ZodType<Q>,
  query: unknown,
  scope: string,
): AskedPage<Q> | Refused {
  const asked = checked(schema, query);
  if (isRefused(asked)) return asked;
  const { limit, cursor: sealed, from, to, order } = asked.value;
  if (from !== undefined && to !== undefined && from > to)
    return refuse('invalid_request', [{ path: 'from', message: 'it is after to' }]);
  const cursor = sealed === undefined ? undefined : openCursor(sealed, scope);
  if (sealed !== undefined && cursor === undefined)
    return refuse('invalid_request', [{ path: 'cursor', message: 'not a cursor of this list' }]);
  const page: TimePage = {
    limit,
    ...(cursor === undefined ? {} : { cursor }),
    ...(order === 'oldest' ? { oldest: true } : {}),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
  };
  return { page, query: asked.value };
}

/** An id by which a list finds one event's rows without a search: nothing is left to filter or to page. */
export const businessIdText = z.string().min(1).max(200);

export function standsAlone(query: Record<string, unknown>): Refused | undefined {
  const others = Object.keys(query).filter((name) => name !== 'businessId');
  const details = others.map((path) => ({ path, message: 'businessId stands alone' }));
  return others.length > 0 ? refuse('invalid_request', details) : undefined;
}

/** The next page's cursor as a field of the answer, where there is one. */
export const nextPage = (cursor: string | undefined, scope: string): { cursor?: string } =>
  cursor === undefined ? {} : { cursor: sealCursor(cursor, scope) };

const encoder = new TextEncoder();
const checksum = (text: string, scope: string): string =>
  crc32c(encoder.encode(`${scope}|${text}`)).toString(16);
