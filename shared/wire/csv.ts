/** Lines of comma-separated values (RFC 4180) that no spreadsheet runs: text that would begin a formula there gets an apostrophe in front. */

/**
 * A value of a line. `text` may be what a user chose; a `plain` one is made by us: numbers, times, names of closed lists.
 * Numbers stay as they are, for a leading minus is no formula of theirs.
 */
export type CsvValue = { text: string } | { plain: string | number | undefined };

/** One line with its end, CRLF as the RFC has it. */
export const csvLine = (values: readonly CsvValue[]): string =>
  `${values.map((value) => quoted('text' in value ? harmless(value.text) : String(value.plain ?? ''))).join(',')}\r\n`;

/** What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"). */
const beginsFormula = /^[=+\-@\t\r\n＝＋－＠]/;

const harmless = (text: string): string => (beginsFormula.test(text) ? `'${text}` : text);

const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
