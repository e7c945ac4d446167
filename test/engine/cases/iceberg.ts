/** "The level shows min(display, what is left)." */
import type { Cases } from './script.ts';

export const icebergs: Cases = {
  'an iceberg shows a slice and hides the rest': `
    > bob sells 10 at 101 shows 3
    | bid | price | ask      |
    |     | 101   | bob 3/10 |`,

  'the next slice goes to the back of its level at once': `
    | bid | price | ask            |
    |     | 101   | bob 2/6, cat 3 |
    > alice buys 2 at 101
    alice buys 2 at 101 from bob
    alice is filled
    | bid | price | ask            |
    |     | 101   | cat 3, bob 2/4 |`,

  'a slice that is not used up keeps its place': `
    | bid | price | ask            |
    |     | 101   | bob 2/6, cat 3 |
    > alice buys 1 at 101
    alice buys 1 at 101 from bob
    alice is filled
    | bid | price | ask            |
    |     | 101   | bob 1/5, cat 3 |`,

  "each slice's trade is a trade of its own": `
    | bid | price | ask            |
    |     | 101   | bob 2/5, cat 3 |
    > alice buys 9 at 101
    alice buys 2 at 101 from bob
    alice buys 3 at 101 from cat
    cat is filled
    alice buys 2 at 101 from bob
    alice buys 1 at 101 from bob
    bob is filled
    | bid     | price | ask |
    | alice 1 | 101   |     |`,

  'the last slice is what is left': `
    | bid     | price | ask |
    | bob 3/7 | 100   |     |
    > alice sells 6 at 100
    alice sells 3 at 100 to bob
    alice sells 3 at 100 to bob
    alice is filled
    | bid   | price | ask |
    | bob 1 | 100   |     |`,

  'two icebergs take turns slice by slice': `
    | bid | price | ask              |
    |     | 101   | bob 2/4, cat 1/2 |
    > alice buys 6 at 101
    alice buys 2 at 101 from bob
    alice buys 1 at 101 from cat
    alice buys 2 at 101 from bob
    bob is filled
    alice buys 1 at 101 from cat
    cat is filled
    alice is filled`,

  'arriving, an iceberg trades with its whole size and shows a slice of the rest': `
    | bid | price | ask   |
    |     | 101   | cat 5 |
    > alice buys 9 at 101 shows 3
    alice buys 5 at 101 from cat
    cat is filled
    | bid       | price | ask |
    | alice 3/4 | 101   |     |`,

  'a slice is counted anew from when its order rests': `
    | bid | price | ask   |
    |     | 101   | cat 5 |
    > alice buys 7 at 101 shows 3
    alice buys 5 at 101 from cat
    cat is filled
    | bid     | price | ask |
    | alice 2 | 101   |     |`,

  'a display of the whole size or more shows all': `
    > alice buys 5 at 100 shows 5
    > bob buys 5 at 99 shows 9
    | bid     | price | ask |
    | alice 5 | 100   |     |
    | bob 5   | 99    |     |
    > cat sells 1 at 100
    cat sells 1 at 100 to alice
    cat is filled
    | bid     | price | ask |
    | alice 4 | 100   |     |
    | bob 5   | 99    |     |`,

  "a display below the market's smallest size is refused": `
    terms minSizeLots 3
    > alice buys 9 at 100 shows 2
    refused size_too_small
    > alice buys 9 at 100 shows 3
    | bid       | price | ask |
    | alice 3/9 | 100   |     |`,

  'a new order goes behind the slice that is shown, and before the next one': `
    | bid | price | ask     |
    |     | 101   | bob 2/6 |
    > cat sells 2 at 101
    > alice buys 6 at 101
    alice buys 2 at 101 from bob
    alice buys 2 at 101 from cat
    cat is filled
    alice buys 2 at 101 from bob
    alice is filled
    | bid | price | ask   |
    |     | 101   | bob 2 |`,

  'an iceberg holds credit for its whole size': `
    > alice is granted 600 USDC
    > alice buys 7 at 100 shows 1
    refused balance_too_low
    > alice buys 6 at 100 shows 1
    > alice has?
    0 USDC free, 600 held`,

  'a cancelled iceberg takes its hidden part with it': `
    | bid | price | ask            |
    |     | 101   | bob 2/6, cat 3 |
    > bob cancels bob
    bob is cancelled
    | bid | price | ask   |
    |     | 101   | cat 3 |`,

  'an iceberg that is amended keeps its slice and its place': `
    | bid | price | ask            |
    |     | 101   | bob 2/6, cat 3 |
    > bob amends bob to 5
    bob is amended to 5
    | bid | price | ask            |
    |     | 101   | bob 2/5, cat 3 |
    > bob amends bob to 1
    bob is amended to 1
    | bid | price | ask          |
    |     | 101   | bob 1, cat 3 |`,

  'expire_maker ends an own iceberg whole': `
    | bid | price | ask              |
    |     | 101   | alice 2/9, bob 1 |
    > alice buys 1 at 101 expire_maker
    alice is self_trade
    alice#2 buys 1 at 101 from bob
    bob is filled
    alice#2 is filled`,

  'a fee is rounded for each slice': `
    terms takerFeeBps 100
    | bid | price | ask     |
    |     | 150   | bob 1/2 |
    > alice buys 2 at 150
    alice buys 1 at 150 from bob, fees 1 and 0
    alice buys 1 at 150 from bob, fees 1 and 0
    bob is filled
    alice is filled`,

  'an iceberg that was refilled can be lowered below its slice and is shown whole': `
    | bid | price | ask            |
    |     | 101   | bob 3/9, cat 1 |
    > alice buys 3 at 101
    alice buys 3 at 101 from bob
    alice is filled
    > bob amends bob to 5
    bob is amended to 5
    | bid | price | ask          |
    |     | 101   | cat 1, bob 2 |`,
};
