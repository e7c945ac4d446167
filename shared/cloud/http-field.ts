/** A line of an HTTP/1.1 head, as requests and answers have it (RFC 9112). */

/** A name without spaces before its colon, and a value without control characters: no line goes on in the next one. */
const fieldLine = /^([\w!#$%&'*+.^`|~-]+):[\t ]*([\t -~\x80-\xff]*)$/;

/** Its name in lower case; undefined where the line is none. */
export function readField(line: string): { name: string; value: string } | undefined {
  const [, name, spaced = ''] = fieldLine.exec(line) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), value: spaced.trimEnd() };
}

/** Whether a `connection` says that nothing follows over it. */
export const saysClose = (connection: string): boolean => /(^|[ ,])close($|[ ,])/i.test(connection);
