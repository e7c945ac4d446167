/** The journal's stream answers late, or does what it was asked and loses the answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import type { Fault } from './kinesis-fault.ts';

const lateMs = 500;
/** Of the puts of the second half: they land, and their writer does not learn it. */
const lostShare = 0.3;
const losses: Fault[] = [{ type: 'silent' }, { type: 'cut' }, { type: 'failed' }];

export const drill: Drill = {
  about:
    'Kinesis takes half a second a put, then also loses the answers of puts that it did (silence, a cut connection, a fault): the repetitions are in the journal and count once.',
  faultyKinesis: true,
  async harm({ kinesis, random, forMs, say }) {
    if (!kinesis) throw new Error('this drill needs its own Kinesis');
    const late: Fault = { type: 'late', ms: lateMs };
    kinesis.choose((operation) => (operation === 'PutRecord' ? late : undefined));
    await sleep(forMs / 2);
    // Each kind in turn, so that a short drill has all of them.
    let lost = 0;
    kinesis.choose((operation) => {
      if (operation !== 'PutRecord') return undefined;
      if (lost > 0 && random() >= lostShare) return late;
      lost += 1;
      return losses[lost % losses.length];
    });
    const enough = () => losses.every(({ type }) => kinesis.counts()[`PutRecord ${type}`]);
    const until = performance.now() + forMs / 2;
    while (performance.now() < until || !enough()) await sleep(100);
    kinesis.choose(undefined);
    say(`Kinesis was slow and lost answers: ${JSON.stringify(kinesis.counts())}`);
  },
};
