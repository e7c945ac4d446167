/** The help of `npm run ops`, and the one place where its flags are named. */

/** Flags of a market's terms, with what they take. */
export const termFlags = {
  tick: 'PRICE   price step, such as 0.01',
  lot: 'SIZE    size step, such as 0.001',
  'min-size': 'SIZE    smallest order',
  'min-notional': 'MONEY   what an order is worth at least',
  'max-notional': 'MONEY   what an order is worth at most; 0: no bound',
  'maker-fee-bps': 'N       maker fee in basis points; negative: a rebate, at most the taker fee',
  'taker-fee-bps': 'N       taker fee in basis points',
  'band-bps': 'N       how far from the reference price an order may be; 0: anywhere',
  'auction-band-bps': 'N       how far from it an auction may end; 0: anywhere',
  'halt-bps': 'N       how far from the mean price a fill may be, or the market halts; 0: never',
  'halt-window': 'TIME    over which the mean is taken, such as 60s',
  'halt-for': 'TIME    how long such a halt lasts before its auction; 0: until you end it',
  'auction-for': 'TIME    how long an auction collects orders; 0: until you end it',
  reference: 'PRICE   the reference price from now on, until the next trade',
} as const;
export type TermFlag = keyof typeof termFlags;

export const listFlags = {
  group: 'GROUP   the pair group that trades it; see: npm run ops -- markets',
  begin: 'STATE   its first state: pre-open (the default), auction, open …',
  'base-decimals': 'N       of a new base asset: decimals on the exchange, at most 8',
  'base-chain-decimals': 'N       decimals of its token',
  'base-chain-asset': '0x…     its token',
  'quote-decimals': 'N       the same of a new quote asset',
  'quote-chain-decimals': 'N',
  'quote-chain-asset': '0x…',
} as const;
export type ListFlag = keyof typeof listFlags;

export const tierFlags = {
  'maker-bps': 'N       maker fee in basis points; negative: a rebate',
  'taker-bps': 'N       taker fee in basis points',
} as const;

/** Flags of every command. */
export const commonFlags = {
  why: 'TEXT    the reason, kept in the journal; every order needs one',
  stage: 'NAME    local (the default), dev or prod',
  state: 'FOLDER  of a local cloud that keeps its state elsewhere than in .local',
  by: 'NAME    who orders it; your user name and access key where absent',
  'command-id': 'TEXT    repeats an order whose end is unknown: it is taken once',
  yes: '        close without asking',
  json: '        print one JSON object',
  help: '        this text',
} as const;

const flagLines = (flags: Record<string, string>): string =>
  Object.entries(flags)
    .map(([name, what]) => `  --${name.padEnd(20)} ${what}`)
    .join('\n');

export const usage = `Operates a stage. Orders to markets are journaled, moves of money are entries of the ledger, all with their reasons.

  npm run ops -- markets                                 all markets: states, prices, bands, fees
  npm run ops -- halt MARKET --why TEXT                  no orders, no trades; cancels go on
  npm run ops -- auction MARKET --why TEXT               orders collect for one opening price
  npm run ops -- open MARKET --why TEXT                  ends an auction, or opens at once
  npm run ops -- cancel-only MARKET --why TEXT           cancels only
  npm run ops -- close MARKET --why TEXT                 for ever; cancels every order
  npm run ops -- list MARKET --group GROUP --tick PRICE --lot SIZE --why TEXT [terms]
  npm run ops -- change MARKET --why TEXT [terms]        changes the terms that are named
  npm run ops -- fee-tier define N --maker-bps N --taker-bps N --why TEXT
  npm run ops -- fee-tier assign ACCOUNT N --why TEXT    0: the markets' own fees
  npm run ops -- adjust ACCOUNT ASSET AMOUNT --from house:insurance --why TEXT
                                                         proposes; below zero: from the account to the house
  npm run ops -- adjustments                             the newest, and what became of them
  npm run ops -- withdrawals list                        those that are under way, and what they wait for
  npm run ops -- withdrawals approve DIGEST              one that waits for a word
  npm run ops -- withdrawals reject DIGEST --why TEXT    any that is not signed yet
  npm run ops -- approve ID                              two people other than who proposed it
  npm run ops -- reject ID --why TEXT
  npm run ops -- transfer-house FROM TO ASSET AMOUNT --why TEXT
  npm run ops -- reconcile [--day DAY]                   whether money added up on a day; the newest one where none is named
  npm run ops -- reconcile --now [--whole]               whether it adds up now; --whole reads every entry there is
  npm run ops -- reconcile --account 0x…                 whether the vault holds what the ledger says of one owner
  npm run ops -- rebuild-ledger --verify                 builds the ledger anew from journal and operations, compares it
  npm run ops -- dead-letters                            what was tried too often, by queue, and why
  npm run ops -- redrive QUEUE --all                     back into its queue, such as notify or reconcile
  npm run ops -- redrive QUEUE --id ID                   only that one

Terms, of list and change:
${flagLines(termFlags)}

Only of list:
${flagLines(listFlags)}

Of every command:
${flagLines(commonFlags)}

Examples:
  npm run ops -- halt ETH-USDC --why "oracle trouble, ticket 812"
  npm run ops -- auction ETH-USDC --why "prices agree again"
  npm run ops -- change ETH-USDC --band-bps 500 --taker-fee-bps 8 --why "calm season"
  npm run ops -- list DOGE-USDC --group alts --tick 0.00001 --lot 1 --base-decimals 4 \\
      --base-chain-decimals 8 --base-chain-asset 0xd09e --why "listing committee, 12 March"

Halted and closed markets, reopening, alarms: docs/operations/markets.md
Adjustments: docs/operations/adjustments.md
Dead letters: docs/operations/dead-letters.md
Money that does not add up: docs/operations/reconciliation.md, docs/operations/rebuild-ledger.md
`;
