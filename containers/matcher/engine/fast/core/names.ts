/** What only TypeScript knows: the order of names, asked for where two things are due at one time. */

/** Whether the name of one account (by `index`) comes before another's: 1 or 0. */
export declare function isAccountBefore(one: i32, other: i32): i32;

/** The same of markets. */
export declare function isMarketBefore(one: i32, other: i32): i32;
