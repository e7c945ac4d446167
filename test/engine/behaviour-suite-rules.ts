/** The example books of docs/market-rules.md: each is run as it stands there, so that none can be wrong. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { runScript } from './cases/script.ts';

/** Scripts under the heading that they are an example of. */
function examples(): { heading: string; script: string }[] {
  const rules = readFileSync(new URL('../../docs/market-rules.md', import.meta.url), 'utf8');
  const found: { heading: string; script: string }[] = [];
  for (const section of rules.split(/^#+ /m).slice(1)) {
    const [heading = ''] = section.split('\n');
    for (const [, script = ''] of section.matchAll(/^```book\n([\s\S]*?)^```$/gm)) {
      found.push({ heading, script });
    }
  }
  return found;
}

/** Rules that an example book shows; a heading that is not here has none to show. */
const shown = [
  'Priority',
  'Orders',
  'Fill or kill',
  'Icebergs',
  'Stops and take-profits',
  'Self-trade prevention',
  "Amend, cancel all, dead man's switch",
  'Delegations',
  'Market states',
  'Auctions',
  'Bands',
  'Volatility interruption',
  'Listing',
  'Time',
  'Credit',
  'Refusals',
];

export function publishedExamples(createEngine: () => Engine): void {
  test.each(shown)('%s has an example book', (heading) => {
    expect(examples().map((each) => each.heading)).toContain(heading);
  });

  test.each(examples())('$heading is as its example says', ({ script }) => {
    runScript(script, createEngine());
  });
}
