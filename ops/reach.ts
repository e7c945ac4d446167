/** Finds operators' function: of a local cloud by what it wrote down when it was ready, of AWS by its name. */
import { resolve } from 'node:path';
import { createOperationsClient } from '#cloud/operations-client.ts';
import { operationsFunctionName } from '#wire/operations.ts';
import { readLocalCloud } from './local-cloud.ts';
import type { OperatorPorts } from './operate.ts';

export function reachFrom(options: { root: string; userName: string }): OperatorPorts['reach'] {
  return async ({ stage, stateFolder }) => {
    const isLocal = stage === 'local';
    const client = isLocal
      ? localClient(resolve(options.root, stateFolder ?? '.local'))
      : createOperationsClient({ functionName: operationsFunctionName(stage) });
    // Only a claim: whose key it is stands in CloudTrail.
    const key = isLocal ? '' : ` with key ${await client.accessKeyId()}`;
    return { invoke: client.invoke, by: `${options.userName}${key}` };
  };
}

function localClient(stateFolder: string) {
  const { urls, output } = readLocalCloud(stateFolder);
  return createOperationsClient({
    functionName: output('OperationsFunctionName'),
    endpoint: urls.control,
  });
}
