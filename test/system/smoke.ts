/** `npm run smoke`: tells the story on a fresh local cloud; one line a step, the last line as one JSON object. */
import { type StepTold, tellStory } from './story.ts';

const began = performance.now();
const steps: StepTold[] = [];
let failure: string | undefined;
try {
  await tellStory((step) => {
    steps.push(step);
    console.log(`ok  ${step.step.padEnd(24)} ${String(step.ms).padStart(6)} ms  ${step.told}`);
  });
} catch (error) {
  failure = error instanceof Error ? error.message : String(error);
  console.log(`FAIL after ${steps.at(-1)?.step ?? 'nothing'}: ${failure}`);
}
console.log(
  JSON.stringify({
    story: failure ? 'fail' : 'pass',
    steps: steps.map(({ step, ms }) => ({ step, ms })),
    ms: Math.round(performance.now() - began),
    ...(failure ? { failure } : {}),
  }),
);
process.exit(failure ? 1 : 0);
