/** What the command line makes of words, and what it says of those that it does not understand. */
import { beforeEach, expect, test } from 'vitest';
import { commonFlags, listFlags, termFlags, usage } from '../../ops/usage.ts';
import { readWish } from '../../ops/wish.ts';
import { openTerminal, type Terminal } from './terminal.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});

test.each([
  ['dance', 'There is no command "dance", only markets, halt, auction, open'],
  ['halt', 'halt needs MARKET.'],
  ['halt ETH-USDC', 'Say why: --why'],
  ['halt ETH-USDC --why "  "', 'Say why: --why'],
  ['halt ETH-USDC SOL-USDC --why x', 'halt does not know what to do with "SOL-USDC"'],
  ['halt eth-usdc --why x', '"eth-usdc" is no market'],
  ['halt ETH-USDC --band-bps 3 --why x', "Unknown option '--band-bps'; there are --why, --stage"],
  ['change ETH-USDC --bands 3 --why x', "Unknown option '--bands'; there are --tick, --lot"],
  ['change ETH-USDC --band-bps 3.5 --why x', '--band-bps is a whole number, not "3.5"'],
  ['markets --stage moon', 'There is no stage "moon", only local, dev, prod.'],
  ['markets ETH-USDC', 'markets does not know what to do with "ETH-USDC"'],
  ['markets --stage dev --state .local', '--state is of a local cloud only'],
  ['fee-tier', 'fee-tier takes define or assign.'],
  ['fee-tier define --maker-bps 1 --taker-bps 2 --why x', 'fee-tier define needs N.'],
  ['fee-tier define 1 --maker-bps 1 --why x', '--taker-bps is missing.'],
  ['fee-tier assign alice 1 --why x', '"alice" is no account'],
  ['fee-tier define 300 --maker-bps 1 --taker-bps 2 --why x', 'tier: '],
])('%s: %s', async (line, sentence) => {
  const hashes = terminal.matchers.stateHashes();
  const { code, said } = await terminal.type(line);
  expect(said).toContain(sentence);
  expect(code).toBe(2);
  expect(terminal.matchers.stateHashes()).toEqual(hashes);
});

test('a negative fee is a value, not a flag', () => {
  const words = 'fee-tier define 1 --maker-bps -2 --taker-bps 4 --why x'.split(' ');
  expect(readWish(words)).toMatchObject({ order: { makerFeeBps: -2, takerFeeBps: 4 } });
});

test('the help names every command and flag, and comes for every wish for it', async () => {
  for (const line of ['', 'help', '--help', 'halt --help', 'dance --help'])
    expect(await terminal.type(line)).toEqual({ code: 0, said: usage });
  for (const flag of Object.keys({ ...termFlags, ...listFlags, ...commonFlags }))
    expect(usage).toContain(`--${flag}`);
});

test('the table shows states, prices and bands, and marks what a leader did not confirm', async () => {
  await terminal.type('change SOL-USDC --band-bps 500 --reference 150 --why x');
  await terminal.type('auction SOL-USDC --why x');
  terminal.matchers.takeDown('majors', 'unavailable');
  const { code, said } = await terminal.type('markets');
  const lines = said.split('\n').map((line) => line.split(/\s{2,}/));
  expect(code).toBe(0);
  expect(lines[0]?.slice(0, 7)).toEqual([
    ...['MARKET', 'GROUP', 'STATE', 'ENDS IN', 'LAST', 'REFERENCE', 'BAND'],
  ]);
  expect(lines[1]?.slice(0, 4)).toEqual(['ETH-USDC', 'majors', 'open?', '–']);
  expect(lines[3]?.slice(0, 7)).toEqual([
    ...['SOL-USDC', 'alts', 'auction', '–', '–', '150', '142.5 to 157.5'],
  ]);
});

test('with --json each answer is one object', async () => {
  const halted = JSON.parse((await terminal.type('halt ETH-USDC --why x --json')).said);
  expect(halted).toMatchObject({
    ok: true,
    inDirectory: true,
    request: { type: 'set_market_state', by: 'alice', why: 'x' },
    answer: { groups: [{ group: 'majors', status: 'accepted' }] },
  });
  const shown = JSON.parse((await terminal.type('markets --json')).said);
  expect(shown).toMatchObject({ ok: true, groups: ['majors', 'alts'], markets: [{}, {}, {}] });
  const wrong = JSON.parse((await terminal.type('dance --json')).said);
  expect(wrong).toMatchObject({ ok: false, error: expect.stringContaining('dance') });
});
