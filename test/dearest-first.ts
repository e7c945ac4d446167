/** In which order test files begin: where a long one begins last, all cores but its own wait for it. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those of more than ten seconds of a core, the longest first. Vitest knows durations from the run before, which CI does not have. */
const dearest = [
  'test/simulation/journal.test.ts',
  'test/engine/twins.test.ts',
  'test/simulation/ledger.test.ts',
  'test/engine/behaviour.test.ts',
  'test/engine/raw-orders.test.ts',
  'test/cloud/clearing.emulated.test.ts',
  'test/local/cloud.test.ts',
  'test/simulation/chain.emulated.test.ts',
  'test/cloud/reconcile.emulated.test.ts',
  'test/cloud/clearing-protocol.emulated.test.ts',
  'test/matcher/matcher.emulated.test.ts',
  'test/ledger/ledger-store.emulated.test.ts',
  'test/infra/cloud.test.ts',
  'test/cloud/history.emulated.test.ts',
  'test/cloud/rebuild-ledger.emulated.test.ts',
  'test/cloud/reconcile-busy.emulated.test.ts',
  'test/cloud/settlement.emulated.test.ts',
  'test/local/sqs-poller.test.ts',
  'test/matcher/take-over.emulated.test.ts',
  'test/local/lambda-host.test.ts',
  'test/functions/balances.test.ts',
  'test/matcher/core-build.test.ts',
  'test/bots/day.test.ts',
  'test/cloud/chain-index.test.ts',
];

export class DearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = dearest.findIndex((file) => moduleId.endsWith(`/${file}`));
      return place < 0 ? dearest.length : place;
    };
    return (await super.sort(files)).sort((one, other) => placeOf(one) - placeOf(other));
  }
}
