import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine } from '#wire/csv.ts';

test('a line ends in CRLF, and only what must be quoted is', () => {
  expect(csvLine([{ plain: 'a' }, { plain: -1.5 }, { plain: undefined }, { text: 'b c' }])).toBe(
    'a,-1.5,,b c\r\n',
  );
  expect(csvLine([{ text: 'a,b' }, { text: 'say "x"' }, { text: 'two\nlines' }])).toBe(
    '"a,b","say ""x""","two\nlines"\r\n',
  );
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1'])(
  'the text %j begins no formula',
  (text) => {
    const line = csvLine([{ text }]);
    expect(line.replace(/^"/, '').startsWith("'")).toBe(true);
  },
);

test('whatever stands in a line is read back as it was, by the rules of the RFC', () => {
  const values = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(values, (texts) => {
      expect(parsed(csvLine(texts.map((plain) => ({ plain }))))).toEqual(texts);
    }),
  );
});

/** One line, read character by character. */
function parsed(line: string): string[] {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    let value = '';
    if (line[at] === '"') {
      at += 1;
      while (line[at] !== '"' || line[at + 1] === '"') {
        if (line[at] === '"') at += 1;
        value += line[at];
        at += 1;
      }
      at += 1;
    } else while (line[at] !== ',' && line[at] !== '\r') value += line[at++];
    values.push(value);
    if (line[at] === '\r') {
      expect(line.slice(at)).toBe('\r\n');
      return values;
    }
    at += 1;
  }
}
