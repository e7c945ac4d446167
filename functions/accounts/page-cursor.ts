/** Cursors as users see them: opaque, good for the list and account they were given for, and refused where they were altered. */
import * as z from 'zod';
import { checked, isRefused, type Refused, refuse } from '#cloud/http-edge.ts';
import { crc32c } from '#wire/crc32c.ts';
import { defaultPageLimit, pageLimit } from '#wire/page-query.ts';

/** Query parameters that every list takes. */
export const pageQuery = z.strictObject({
  limit: pageLimit.default(defaultPageLimit),
  cursor: z.string().min(1).max(1_000).optional(),
});

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
  return sealCursor(text, scope) === `${encoded}.${sum}` ? text : undefined;
}

export type AskedPage<Q> = { page: { limit: number; cursor?: string }; query: Q };

/** Reads a list's query by its schema and opens its cursor. */
export function askedPage<Q extends { limit: number; cursor?: string | undefined }>(
  schema: z.ZodType<Q>,
  query: unknown,
  scope: string,
): AskedPage<Q> | Refused {
  const asked = checked(schema, query);
  if (isRefused(asked)) return asked;
  const { limit, cursor: sealed } = asked.value;
  if (sealed === undefined) return { page: { limit }, query: asked.value };
  const cursor = openCursor(sealed, scope);
  if (cursor === undefined) {
    return refuse('invalid_request', [{ path: 'cursor', message: 'not a cursor of this list' }]);
  }
  return { page: { limit, cursor }, query: asked.value };
}

/** The next page's cursor as a field of the answer, where there is one. */
export const nextPage = (cursor: string | undefined, scope: string): { cursor?: string } =>
  cursor === undefined ? {} : { cursor: sealCursor(cursor, scope) };

const encoder = new TextEncoder();
const checksum = (text: string, scope: string): string =>
  crc32c(encoder.encode(`${scope}|${text}`)).toString(16);
