/** The whole cloud, in the order in which an order flows through it. `cdk synth -c stage=local|dev|prod` runs this file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Annotations,
  App,
  CloudFormationValidatePlugin,
  DefaultStackSynthesizer,
  Tags,
  Validations,
} from 'aws-cdk-lib';
import { checkWithNag } from './acknowledgements.ts';
import { type Bundles, bundle, foldersIn } from './constructs/bundles.ts';
import { placeholdersOf, type Stage, stageOf } from './settings.ts';
import { ApiStack } from './stacks/api.ts';
import { BotsStack } from './stacks/bots.ts';
import { ChainStack } from './stacks/chain.ts';
import { DataStack } from './stacks/data.ts';
import { FeedStack } from './stacks/feed.ts';
import { JournalStack } from './stacks/journal.ts';
import { MatcherStack } from './stacks/matcher.ts';
import { MoneyStack } from './stacks/money.ts';
import { NetworkStack } from './stacks/network.ts';
import { OperationsStack } from './stacks/operations.ts';
import { WatchStack } from './stacks/watch.ts';
import { WorkersStack } from './stacks/workers.ts';

const placeholderHelp = 'an example stands in infra/settings.ts; write your own before users come';

/** Builds all stacks of a stage into `app`. */
export function crossbook(app: App, stage: Stage, bundles: Bundles): void {
  const named = (name: string) => `Crossbook-${stage.name}-${name}`;

  // What is kept: balances and history in tables, everything that ever happened in the journal.
  const data = new DataStack(app, named('Data'), stage);
  const journal = new JournalStack(app, named('Journal'), stage);
  const network = new NetworkStack(app, named('Network'), stage);

  // What follows from moved money, and who listens to it.
  const feed = new FeedStack(app, named('Feed'), { stage, bundles, data, network });
  const money = new MoneyStack(app, named('Money'), { stage, bundles, data, journal, feed });

  // What the chain says, and what is told to it.
  const chain = new ChainStack(app, named('Chain'), {
    ...{ stage, bundles, data, journal, money, network },
  });

  // An order comes in by the API, is matched, is journaled …
  const api = new ApiStack(app, named('Api'), {
    ...{ stage, bundles, data, network, money, chain },
  });
  const matcher = new MatcherStack(app, named('Matcher'), {
    ...{ stage, bundles, data, journal, network },
    feed, // … told to whoever listens …
  });
  // … and read from the journal: into the ledger, into the history, into the archive.
  const workers = new WorkersStack(app, named('Workers'), { stage, bundles, data, journal });

  // Operators speak to matchers through a door of their own.
  const operations = new OperationsStack(app, named('Operations'), {
    ...{ stage, bundles, data, journal, network, money },
  });

  if (stage.bots) new BotsStack(app, named('Bots'), { stage, bundles, network, api, feed });
  const services = { api, feed, matcher, workers, money, operations, chain };
  new WatchStack(app, named('Watch'), { stage, data, journal, ...services });

  for (const placeholder of placeholdersOf(stage)) {
    Annotations.of(api).addWarningV2(
      `crossbook:${placeholder}`,
      `${placeholder}: ${placeholderHelp}`,
    );
  }
  Tags.of(app).add('app', 'crossbook');
  Tags.of(app).add('stage', stage.name);
}

/** Lets synthesis fail on what cdk-nag finds, and on what CloudFormation would refuse where the template goes there. */
function check(app: App, stage: Stage): void {
  checkWithNag(app);
  // It takes most of the synthesis' time, and `npm start` sends nothing to CloudFormation.
  if (stage.name !== 'local') Validations.of(app).addPlugins(new CloudFormationValidatePlugin());
}

/** An app whose stacks need no bootstrap lookup and may be replaced apart from each other. */
export function createApp(outdir?: string): App {
  return new App({
    ...(outdir && { outdir }),
    analyticsReporting: false,
    // `check` adds it where it is wanted.
    builtinCloudFormationValidation: false,
    context: {
      '@aws-cdk/core:defaultCrossStackReferences': 'weak',
      '@aws-cdk/aws-ecs:removeDefaultDeploymentAlarm': true,
    },
    defaultStackSynthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-bundles-'));
  try {
    const app = createApp();
    const stage = stageOf(app.node.tryGetContext('stage') ?? 'dev');
    // Whoever synthesizes several stages bundles once for all of them.
    const bundled: string | undefined = app.node.tryGetContext('bundles');
    crossbook(app, stage, bundled ? foldersIn(bundled) : bundle(root, folder));
    check(app, stage);
    app.synth();
  } catch (error) {
    // A sentence helps here; a stack of CDK's frames does not.
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
