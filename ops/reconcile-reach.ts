/** Finds the function that reconciles: of a local cloud by what it wrote down when it was ready, of AWS by its name. */
import { resolve } from 'node:path';
import { createFunctionClient } from '#cloud/operations-client.ts';
import {
  type ReconcileAnswer,
  type ReconcileEvent,
  reconcileDayFunctionName,
} from '#wire/reconciliation-report.ts';
import { readLocalCloud } from './local-cloud.ts';
import type { ReconcilePorts } from './reconcile.ts';

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
  const { urls, output } = readLocalCloud(stateFolder);
  return { functionName: output('ReconcileDayFunctionName'), endpoint: urls.control };
}
