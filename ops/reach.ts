/** Finds operators' function: of a local cloud by what it wrote down when it was ready, of AWS by its name. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createOperationsClient } from '#cloud/operations-client.ts';
import { operationsFunctionName } from '#wire/operations.ts';
import type { OperatorPorts } from './operate.ts';
import { Wrong } from './wrong.ts';

/** As much of `cloud.json` as is read. */
type CloudFile = { urls: { control: string }; outputs: { key: string; value: string }[] };

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
  const file = join(stateFolder, 'cloud.json');
  if (!existsSync(file))
    throw new Wrong(
      `No local cloud has run in ${stateFolder}: npm start, or --stage dev for a stage on AWS.`,
    );
  const { urls, outputs } = JSON.parse(readFileSync(file, 'utf8')) as CloudFile;
  const name = outputs.find(({ key }) => key === 'OperationsFunctionName')?.value;
  if (!name) throw new Wrong(`The cloud of ${stateFolder} has no operations: npm start again.`);
  return createOperationsClient({ functionName: name, endpoint: urls.control });
}
