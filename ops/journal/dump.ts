/** Prints a journal: a line a record, a line a command, a line an event; or one JSON object a record. */

import { commandText } from './command-text.ts';
import { eventText } from './event-text.ts';
import type { KnownTerms } from './known-terms.ts';
import type { Seen } from './walk.ts';

/** Prints what is seen; `terms` learns each listing on the way. */
export async function dump(
  journal: AsyncIterable<Seen>,
  options: { json: boolean; terms: KnownTerms; say(line: string): Promise<void> },
): Promise<void> {
  const { json, terms, say } = options;
  for await (const seen of journal) {
    if (json) await say(JSON.stringify(plain(seen), bigintAsText));
    else for (const line of linesOf(seen, terms)) await say(line);
  }
}

function plain(seen: Seen) {
  const { where, bytes } = seen;
  return seen.type === 'epoch' ? { ...seen.epoch, bytes, where } : { ...seen.frame, bytes, where };
}

const bigintAsText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;

function* linesOf(seen: Seen, terms: KnownTerms): Generator<string> {
  if (seen.type === 'epoch') {
    const { epoch, nonce } = seen.epoch;
    yield `epoch ${epoch}, nonce ${nonce}, ${seen.bytes} bytes, ${seen.where}`;
    return;
  }
  const { frame, epoch, atMs, firstSequence, lastSequence, clock, rulesVersion, outcomes } =
    seen.frame;
  const events =
    lastSequence < firstSequence ? 'no events' : `events ${firstSequence} to ${lastSequence}`;
  yield `frame ${frame}, epoch ${epoch}, ${new Date(atMs).toISOString()}, ${events}, clock ${clock}, rules ${rulesVersion}, ${seen.bytes} bytes, ${seen.where}`;
  for (const { command, events: did } of outcomes) {
    for (const event of did) if (event.type === 'market_listed') terms.learn(event);
    yield `  ${new Date(command.nowMs).toISOString()} ${commandText(command, terms)}`;
    for (const event of did) yield `    ${eventText(event, terms)}`;
  }
}
