/** Exports of statements: what may be asked for, and what an export is called that nobody named. */
import * as z from 'zod';

export const exportKinds = ['entries', 'fills', 'orders', 'deposits', 'withdrawals'] as const;
export type ExportKind = (typeof exportKinds)[number];
export const exportFormats = ['csv', 'json'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A leap year: what a year's statement needs. */
export const exportRangeMs = 366 * 86_400_000;
/** Files are kept so long. */
export const exportKeptMs = 7 * 86_400_000;

export type ExportFilters = {
  asset?: string | undefined;
  market?: string | undefined;
  business?: string | undefined;
};

/** Which filters a kind of statement has. */
export const exportFilters: Record<ExportKind, readonly (keyof ExportFilters)[]> = {
  entries: ['asset', 'market', 'business'],
  fills: ['market'],
  orders: ['market'],
  deposits: ['asset'],
  withdrawals: ['asset'],
};

/** Chosen by who asks, so that asking again asks for nothing new. */
export const exportIdText = z.string().regex(/^[\w-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 _ -');

const time = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** The body of `POST /v1/account/exports`. `from` counts, `to` does not. */
export const exportBody = z.strictObject({
  exportId: exportIdText.optional(),
  kind: z.enum(exportKinds),
  format: z.enum(exportFormats),
  from: time,
  to: time,
  filters: z
    .strictObject({
      asset: z.string().max(16).optional(),
      market: z.string().max(40).optional(),
      business: z.string().max(32).optional(),
    })
    .default({}),
});
export type ExportBody = z.infer<typeof exportBody>;

/** What makes two requests the same one, as text. */
export const exportContent = ({ kind, format, from, to, filters }: Omit<ExportBody, 'exportId'>) =>
  [kind, format, from, to, filters.asset, filters.market, filters.business]
    .map((part) => part ?? '')
    .join('|');

/** What travels in the queue. */
export const exportMessage = z.strictObject({ account: z.string(), exportId: exportIdText });
export type ExportMessage = z.infer<typeof exportMessage>;
