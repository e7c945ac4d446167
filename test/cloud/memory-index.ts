/** Where a checkpoint and facts are kept: a condition on the pass, as the table has it. */

import type { Checkpoint, Pass } from '#cloud/chain-index.ts';
import { assert } from '#domain/assertion.ts';
import type { ChainFact } from '#wire/chain-fact.ts';
import { FoldedFacts } from './simulated-chain.ts';

export class MemoryIndex {
  checkpoint: Checkpoint | undefined;
  readonly facts: ChainFact[] = [];

  async read(): Promise<Checkpoint | undefined> {
    return this.checkpoint;
  }

  async append({ before, after, facts }: Pass): Promise<boolean> {
    if (this.checkpoint?.pass !== before?.pass) return false;
    assert(after.toFact === this.facts.length + facts.length, 'facts are counted one by one');
    this.facts.push(...facts);
    this.checkpoint = after;
    return true;
  }

  folded(): FoldedFacts {
    const folded = new FoldedFacts();
    for (const fact of this.facts) folded.apply(fact);
    return folded;
  }
}
