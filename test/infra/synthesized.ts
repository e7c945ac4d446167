/** Synthesizes a stage once per test file, with stand-ins for the bundles: the template does not depend on what they hold. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { afterAll } from 'vitest';
import { checkWithNag } from '../../infra/acknowledgements.ts';
import { createApp, crossbook } from '../../infra/app.ts';
import { type Bundles, foldersIn } from '../../infra/constructs/bundles.ts';
import { type StageName, stageOf } from '../../infra/settings.ts';

export type Properties = Record<string, unknown>;
export type Resource = {
  /** Without the stage: "Data/LedgerB7379752". */
  id: string;
  type: string;
  properties: Properties;
  deletionPolicy: string | undefined;
  /** Ids within the stack. */
  dependsOn: string[];
};

const functions = [
  ...['orders', 'sessions', 'markets', 'accounts', 'faucet'],
  ...['settlement', 'market-history', 'archive', 'feed', 'fan-out', 'operations', 'adjustments'],
  ...['delegations'],
  ...['outbox', 'outbox-sweep', 'notify', 'liabilities', 'liability-proofs'],
  ...['reconcile', 'reconcile-day'],
  ...['exports', 'statements'],
  ...['indexer', 'sender', 'chain-facts', 'chain-settlement', 'chain-guard', 'genesis'],
  ...['withdrawals'],
];
const synthesized = new Map<StageName, Resource[]>();
const folder = mkdtempSync(join(tmpdir(), 'crossbook-infra-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All resources of a stage. */
export function resourcesOf(stage: StageName): Resource[] {
  return synthesized.get(stage) ?? synthesize(stage, appOf(stage));
}

/** The same, and throws where cdk-nag finds a breach. */
export function checkedResourcesOf(stage: StageName): Resource[] {
  const app = appOf(stage);
  checkWithNag(app);
  return synthesize(stage, app);
}

function synthesize(stage: StageName, app: App): Resource[] {
  const resources = app.synth().stacks.flatMap(({ stackName, template }) =>
    Object.entries(template.Resources as Record<string, RawResource>).map(([id, raw]) => ({
      id: `${stackName.split('-').at(-1)}/${id}`,
      type: raw.Type,
      properties: raw.Properties ?? {},
      deletionPolicy: raw.DeletionPolicy,
      dependsOn: [raw.DependsOn ?? []].flat(),
    })),
  );
  synthesized.set(stage, resources);
  return resources;
}

type RawResource = {
  Type: string;
  Properties?: Properties;
  DeletionPolicy?: string;
  DependsOn?: string | string[];
};

/** The app of a stage, neither checked nor synthesized, in a folder of its own. */
export function appOf(stage: StageName): App {
  const app = createApp(mkdtempSync(join(folder, 'out-')));
  crossbook(app, stageOf(stage), standIns());
  return app;
}

export const ofType = (stage: StageName, type: string): Resource[] =>
  resourcesOf(stage).filter((resource) => resource.type === type);

/** The list at `key`, whatever it holds; empty where there is none. */
export const listAt = (properties: Properties, key: string): Properties[] =>
  (properties[key] ?? []) as Properties[];

function standIns(): Bundles {
  const bundles = join(folder, 'bundles');
  for (const name of functions) write(join(bundles, 'functions', name), 'index.mjs', name);
  for (const name of ['matcher', 'bots']) {
    write(join(bundles, 'containers', name), 'main.mjs', name);
    write(join(bundles, 'containers', name), 'Dockerfile', 'FROM scratch');
  }
  return foldersIn(bundles);
}

function write(path: string, file: string, text: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, file), text);
}
