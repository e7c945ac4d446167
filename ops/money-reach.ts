/** Finds the function that moves operators' money, and says who asks: by a claim on a local cloud, by the machine's AWS keys elsewhere. */
import { resolve } from 'node:path';
import { proveCaller } from '#cloud/caller-identity.ts';
import { createFunctionClient } from '#cloud/operations-client.ts';
import { adjustmentsFunctionName, type MoneyAnswer, type MoneyEvent } from '#wire/adjustments.ts';
import { readLocalCloud } from './local-cloud.ts';
import type { MoneyPorts } from './move-money.ts';

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
  const { urls, output } = readLocalCloud(stateFolder);
  return { functionName: output('AdjustmentsFunctionName'), endpoint: urls.control };
}
