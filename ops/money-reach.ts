/** Finds the function that moves operators' money, and says who asks: by a claim on a local cloud, by the machine's AWS keys elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { proveCaller } from '#cloud/caller-identity.ts';
import { createFunctionClient } from '#cloud/operations-client.ts';
import { adjustmentsFunctionName, type MoneyAnswer, type MoneyEvent } from '#wire/adjustments.ts';
import type { MoneyPorts } from './move-money.ts';
import { Wrong } from './wrong.ts';

/** As much of `cloud.json` as is read. */
type CloudFile = { urls: { control: string }; outputs: { key: string; value: string }[] };

export function moneyFrom(options: { root: string; userName: string }): MoneyPorts['reach'] {
  return async ({ stage, stateFolder, by }) => {
    if (stage === 'local') {
      const place = localPlace(resolve(options.root, stateFolder ?? '.local'));
      const { invoke } = createFunctionClient<MoneyEvent, MoneyAnswer>(place);
      const caller = { type: 'claimed' as const, name: by ?? options.userName };
      return { ask: (order) => invoke({ order, caller }) };
    }
    const functionName = adjustmentsFunctionName(stage);
    const { invoke, keys } = createFunctionClient<MoneyEvent, MoneyAnswer>({ functionName });
    return {
      async ask(order) {
        const signing = { ...(await keys()), nowMs: Date.now() };
        return invoke({ order, caller: proveCaller({ functionName, order }, signing) });
      },
    };
  };
}

function localPlace(stateFolder: string) {
  const file = join(stateFolder, 'cloud.json');
  if (!existsSync(file))
    throw new Wrong(
      `No local cloud has run in ${stateFolder}: npm start, or --stage dev for a stage on AWS.`,
    );
  const { urls, outputs } = JSON.parse(readFileSync(file, 'utf8')) as CloudFile;
  const functionName = outputs.find(({ key }) => key === 'AdjustmentsFunctionName')?.value;
  if (!functionName)
    throw new Wrong(`The cloud of ${stateFolder} has no adjustments: npm start again.`);
  return { functionName, endpoint: urls.control };
}
