/** Finds a stage's dead letters: of a local cloud by what it wrote down when it was ready, of AWS by their names. */
import { resolve } from 'node:path';
import { openWork, type WorkPlaces, workPlacesOf } from '#cloud/work-places.ts';
import type { DeadLetterPorts } from './dead-letters.ts';
import { readLocalCloud } from './local-cloud.ts';

export function deadLettersFrom(root: string): DeadLetterPorts['reach'] {
  return async ({ stage, stateFolder }) =>
    openWork(
      stage === 'local'
        ? localPlaces(resolve(root, stateFolder ?? '.local'))
        : await workPlacesOf(stage),
    );
}

function localPlaces(stateFolder: string): WorkPlaces {
  const { urls, output } = readLocalCloud(stateFolder);
  const endpoints = { sqs: urls.sqs, dynamodb: urls.dynamodb };
  return { stage: 'local', outboxTable: output('OutboxTable'), endpoints };
}
