/**
 * How V8 is to collect what a container leaves behind; docs/decisions/0018 has what it gave the matcher. They are no options that the
 * environment may hold.
 *
 * What a command makes lives until its frame is durable: with the usual semi-space of 16 MB much of it would be moved to where collecting is
 * dear. After a busy moment, in which it lived longer, V8 would even make such objects old from the start, and collect all of the heap
 * once a second from then on.
 */
export const nodeFlags = ['--max-semi-space-size=32', '--no-allocation-site-pretenuring'];
