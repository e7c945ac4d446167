import { expect, test } from 'vitest';
import { createApp } from '../../infra/app.ts';
import { stageOf } from '../../infra/settings.ts';
import { DataStack } from '../../infra/stacks/data.ts';

/** What the template says of both tables, and which of them it calls what. */
function dataOf(ledgersSwapped: boolean) {
  const app = createApp();
  new DataStack(app, 'Data', { ...stageOf('prod'), ledgersSwapped });
  const { Resources, Outputs } = app.synth().stacks[0]?.template ?? {};
  return {
    tables: Resources,
    ledger: JSON.stringify(Outputs.LedgerTable.Value),
    shadow: JSON.stringify(Outputs.LedgerShadowTable.Value),
  };
}

test('swapped, the shadow table is the ledger and the ledger the shadow, and no table is made, changed or removed', () => {
  const [plain, swapped] = [dataOf(false), dataOf(true)];
  expect(plain.ledger).not.toBe(plain.shadow);
  expect(swapped).toEqual({ tables: plain.tables, ledger: plain.shadow, shadow: plain.ledger });
});
