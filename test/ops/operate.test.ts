/** Operators' command line, from the typed words to the engine and back to the printed lines. */
import { beforeEach, describe, expect, test } from 'vitest';
import { openTerminal, type Terminal } from './terminal.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});

const type = (line: string, typed?: { answer?: string }) => terminal.type(line, typed);
const find = (id: string) => terminal.matchers.directory.find(id);
const doge =
  'list DOGE-USDC --group alts --tick 0.00001 --lot 10 --base-decimals 4 --base-chain-decimals 8 --base-chain-asset 0xD0 --why new';

describe('a state', () => {
  test.each([
    ['halt ETH-USDC', 'halted', 'ETH-USDC is halted'],
    ['auction ETH-USDC', 'auction', 'ETH-USDC is in an auction'],
    ['cancel-only ETH-USDC', 'cancel_only', 'ETH-USDC is cancel-only'],
    ['close ETH-USDC --yes', 'closed', 'ETH-USDC is closed for ever'],
  ])('%s makes the market %s', async (line, state, sentence) => {
    const { code, said } = await type(`${line} --why "a reason"`);
    expect(said).toContain(`Done: ${sentence}.`);
    expect(code).toBe(0);
    expect((await find('ETH-USDC'))?.market.state).toBe(state);
  });

  test('that cannot be reached is said in a sentence, with exit code 1', async () => {
    await type('halt ETH-USDC --why x');
    const { code, said } = await type('open ETH-USDC --why x');
    expect(said).toMatch(/majors: refused, state_not_reachable: The market cannot go/);
    expect(code).toBe(1);
  });

  test('closing asks for the name, and does nothing without it', async () => {
    expect(await type('close ETH-USDC --why x', { answer: 'yes' })).toMatchObject({ code: 2 });
    const { code, said } = await type('close ETH-USDC --why x');
    expect([code, said]).toEqual([2, expect.stringContaining('add --yes')]);
    expect((await find('ETH-USDC'))?.market.state).toBe('open');
    expect(terminal.questions).toHaveLength(2);
    await type('close ETH-USDC --why x', { answer: 'ETH-USDC' });
    expect((await find('ETH-USDC'))?.market.state).toBe('closed');
  });
});

describe('a leader that does not answer', () => {
  test('is asked again with the same command', async () => {
    terminal.matchers.takeDown('majors', 'unavailable');
    terminal.meanwhile(() => terminal.matchers.bringUp('majors'));
    const { code, said } = await type('halt ETH-USDC --why x');
    expect([code, said]).toEqual([0, expect.stringContaining('Done: ETH-USDC is halted.')]);
    expect(terminal.pauses()).toBe(1);
  });

  test('for long leaves the way to repeat the command, which is taken once', async () => {
    terminal.matchers.takeDown('majors', 'outcome_unknown');
    const { code, said } = await type('halt ETH-USDC --why x');
    expect(code).toBe(1);
    expect(said).toContain('majors: unanswered, outcome_unknown');
    expect(said).toContain('--command-id command-1');
    terminal.matchers.bringUp('majors');
    const again = 'halt ETH-USDC --why x --command-id command-1';
    expect((await type(again)).said).toMatch(/journaled as \d+$/);
    expect((await type(again)).said).toMatch(/journaled as \d+, before$/);
  });
});

describe('a listing', () => {
  test('is exact: lots, ticks, the smallest notional and the protections of other markets', async () => {
    const { code, said } = await type(`${doge} --reference 0.1 --maker-fee-bps -2`);
    expect([code, said]).toEqual([0, expect.stringContaining('DOGE-USDC has these terms')]);
    expect(await find('DOGE-USDC')).toMatchObject({
      base: { id: 'DOGE', decimals: 4, chainDecimals: 8, chainAsset: '0xd0' },
      market: {
        groupId: 'alts',
        state: 'pre_open',
        baseUnitsPerLot: 100_000,
        quoteUnitsPerTickLot: 100,
        minSizeLots: 1,
        minNotionalUnits: 1_000_000,
        makerFeeBps: -2,
        takerFeeBps: 10,
        bandBps: 1_000,
        haltBps: 700,
        referenceTicks: 10_000,
      },
    });
  });

  test('may be repeated by its command id, and not otherwise', async () => {
    await type(`${doge} --command-id d1`);
    expect(await type(doge)).toMatchObject({ code: 2 });
    expect((await type(`${doge} --command-id d1`)).said).toContain(', before');
  });

  test.each([
    ['list ETH-BTC --group majors --tick 0.000000001 --lot 0.1 --why x', 'costs less than a unit'],
    ['list ETH-BTC --group majors --tick 0.0001 --lot 0.000000001 --why x', 'no size in ETH'],
    ['list ETH-BTC --group moons --tick 0.0001 --lot 0.01 --why x', 'no such pair group'],
    [
      'list ETH-BTC --group majors --tick 0.0001 --lot 0.01 --begin closed --why x',
      '--begin takes',
    ],
    ['list MOON-USDC --group alts --tick 0.01 --lot 1 --why x', 'MOON is a new asset'],
    ['list ETH-BTC --group majors --why x', 'A listing needs --tick, --lot.'],
    [`${doge} --maker-fee-bps -11`, "a rebate is at most the taker's fee"],
    [`${doge} --halt-window 5`, '--halt-window is a time such as 90s'],
  ])('%s is refused: %s', async (line, why) => {
    const { code, said } = await type(line);
    expect(said).toContain(why);
    expect(code).toBeGreaterThan(0);
    expect([...(await terminal.matchers.directory.listed()).keys()]).toHaveLength(3);
  });
});

describe('a change', () => {
  test('changes what is named and nothing else, the state least of all', async () => {
    await type('halt ETH-USDC --why x');
    const before = (await find('ETH-USDC'))?.market;
    const { code } = await type(
      'change ETH-USDC --band-bps 300 --max-notional 5000.5 --auction-for 2m --halt-bps 400 --halt-window 90s --why x',
    );
    expect(code).toBe(0);
    expect((await find('ETH-USDC'))?.market).toEqual({
      ...before,
      bandBps: 300,
      maxNotionalUnits: 5_000_500_000,
      auctionMs: 120_000,
      haltBps: 400,
      haltWindowMs: 90_000,
    });
  });

  test('of the lot keeps the price of a tick and the worth of the smallest size', async () => {
    const named = await type('change ETH-USDC --lot 0.01 --why x');
    expect(named.said).toContain('name another by --min-size');
    await type('change ETH-USDC --lot 0.0001 --why x');
    expect((await find('ETH-USDC'))?.market).toMatchObject({
      baseUnitsPerLot: 10_000,
      quoteUnitsPerTickLot: 1,
      minSizeLots: 10,
    });
  });

  test('of nothing, or of a market that is not there, is refused', async () => {
    expect((await type('change ETH-USDC --why x')).said).toContain('Change what? --tick');
    expect((await type('change MOON-USDC --band-bps 1 --why x')).said).toContain(
      'There is no market MOON-USDC, only ETH-USDC, BTC-USDC, SOL-USDC.',
    );
  });
});

describe('fee tiers', () => {
  test('are defined with rebates and assigned in every group', async () => {
    const account = `0x${'Ab'.repeat(20)}`;
    await type('fee-tier define 2 --maker-bps -1 --taker-bps 4 --why x');
    const { said } = await type(`fee-tier assign ${account} 2 --why x`);
    expect(said).toContain(`${account.toLowerCase()} is in tier 2`);
    for (const group of ['majors', 'alts'])
      expect((await terminal.matchers.client.account(group, account.toLowerCase())).feeTier).toBe(
        2,
      );
    expect((await type(`fee-tier assign ${account} 7 --why x`)).said).toContain('unknown_fee_tier');
  });
});
