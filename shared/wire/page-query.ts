/** Query parameters that routes share. They arrive as text, each at most once. */
import * as z from 'zod';

/** A whole number as plain digits, within bounds. */
export const wholeNumber = ({ min, max }: { min: number; max: number }) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `between ${min} and ${max}`);

/** Rows of one page: 500 of the widest fit well into API Gateway's 6 MB. */
export const pageLimit = wholeNumber({ min: 1, max: 500 });
export const defaultPageLimit = 100;

export const timeMsText = wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER });
