/** One case of the engine's benchmark as a process: prints its figures as JSON on the last line. */
import { cases } from './engine-cases.ts';

async function main([title = '']: string[]): Promise<void> {
  const run = cases[title];
  if (!run) throw new Error(`no case ${title}`);
  console.log(JSON.stringify(await run()));
}

void main(process.argv.slice(2));
