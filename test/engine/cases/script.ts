/**
 * A case of the behaviour suite, as text:
 *
 *     terms bandBps 500 referenceTicks 100
 *     | bid   | price | ask   |
 *     |       | 101   | bob 3 |
 *     > alice buys 5 at 101
 *     alice buys 3 at 101 from bob
 *     bob is filled
 *     | bid     | price | ask |
 *     | alice 2 | 101   |     |
 *
 * `terms` are what its market has beside the plain ones. The first table is the book that the case begins with; each later one is what
 * the book must be then. A line behind `>` is said to the floor; the lines up to the next one are all that is told in answer. `//` begins a comment.
 */
import { expect } from 'vitest';
import type { Market } from '#domain/market.ts';
import type { Engine } from '../../../containers/matcher/engine/engine.ts';
import { DrawnBook, drawn } from '../drawn-book.ts';
import { termsOf } from './spoken-terms.ts';

/** Scripts by what they promise. */
export type Cases = Record<string, string>;

type Step = { step: 'book'; table: string } | { step: 'say'; sentence: string; told: string[] };
type Script = { terms: Partial<Market>; steps: Step[] };

export function runScript(text: string, engine: Engine): void {
  const { terms, steps } = scriptOf(text);
  const [first, ...rest] = steps;
  const opening = first?.step === 'book' ? first.table : '| bid | price | ask |';
  const book = new DrawnBook(engine, opening, terms);
  for (const step of first?.step === 'book' ? rest : steps) {
    if (step.step === 'book') expect(book.drawn()).toBe(drawn(step.table));
    else
      expect({ [step.sentence]: book.says(step.sentence) }).toEqual({ [step.sentence]: step.told });
  }
}

/** Reads a script; a line that fits nowhere is an error. */
function scriptOf(text: string): Script {
  const script: Script = { terms: {}, steps: [] };
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const last = script.steps.at(-1);
    if (line === '' || line.startsWith('//')) continue;
    if (line.startsWith('terms ')) script.terms = termsOf(line.slice('terms '.length));
    else if (line.startsWith('> '))
      script.steps.push({ step: 'say', sentence: line.slice(2), told: [] });
    else if (line.startsWith('| bid ')) script.steps.push({ step: 'book', table: line });
    else if (line.startsWith('|') && last?.step === 'book') last.table += `\n${line}`;
    else if (last?.step === 'say') last.told.push(line);
    else throw new Error(`no place for "${line}"`);
  }
  return script;
}
