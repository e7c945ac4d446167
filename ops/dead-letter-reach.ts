/** Finds a stage's dead letters: of a local cloud by what it wrote down when it was ready, of AWS by their names. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openWork, type WorkPlaces, workPlacesOf } from '#cloud/work-places.ts';
import type { DeadLetterPorts } from './dead-letters.ts';
import { Wrong } from './wrong.ts';

/** As much of `cloud.json` as is read. */
type CloudFile = {
  urls: { sqs: string; dynamodb: string };
  outputs: { key: string; value: string }[];
};

export function deadLettersFrom(root: string): DeadLetterPorts['reach'] {
  return async ({ stage, stateFolder }) =>
    openWork(
      stage === 'local'
        ? localPlaces(resolve(root, stateFolder ?? '.local'))
        : await workPlacesOf(stage),
    );
}

function localPlaces(stateFolder: string): WorkPlaces {
  const file = join(stateFolder, 'cloud.json');
  if (!existsSync(file))
    throw new Wrong(
      `No local cloud has run in ${stateFolder}: npm start, or --stage dev for a stage on AWS.`,
    );
  const { urls, outputs } = JSON.parse(readFileSync(file, 'utf8')) as CloudFile;
  const outboxTable = outputs.find(({ key }) => key === 'OutboxTable')?.value;
  if (!outboxTable) throw new Wrong(`The cloud of ${stateFolder} has no outbox: npm start again.`);
  const endpoints = { sqs: urls.sqs, dynamodb: urls.dynamodb };
  return { stage: 'local', outboxTable, endpoints };
}
