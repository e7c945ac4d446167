/** Finds the function that reconciles: of a local cloud by what it wrote down when it was ready, of AWS by its name. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createFunctionClient } from '#cloud/operations-client.ts';
import {
  type ReconcileAnswer,
  type ReconcileEvent,
  reconcileDayFunctionName,
} from '#wire/reconciliation-report.ts';
import type { ReconcilePorts } from './reconcile.ts';
import { Wrong } from './wrong.ts';

/** As much of `cloud.json` as is read. */
type CloudFile = { urls: { control: string }; outputs: { key: string; value: string }[] };

export function reconcileFrom(root: string): ReconcilePorts['reach'] {
  return async ({ stage, stateFolder }) => {
    const place =
      stage === 'local'
        ? localPlace(resolve(root, stateFolder ?? '.local'))
        : { functionName: reconcileDayFunctionName(stage) };
    const { invoke } = createFunctionClient<ReconcileEvent, ReconcileAnswer>(place);
    return { ask: invoke };
  };
}

function localPlace(stateFolder: string) {
  const file = join(stateFolder, 'cloud.json');
  if (!existsSync(file))
    throw new Wrong(
      `No local cloud has run in ${stateFolder}: npm start, or --stage dev for a stage on AWS.`,
    );
  const { urls, outputs } = JSON.parse(readFileSync(file, 'utf8')) as CloudFile;
  const functionName = outputs.find(({ key }) => key === 'ReconcileDayFunctionName')?.value;
  if (!functionName)
    throw new Wrong(`The cloud of ${stateFolder} does not reconcile: npm start again.`);
  return { functionName, endpoint: urls.control };
}
