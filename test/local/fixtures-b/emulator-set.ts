/** Real emulators in a temporary folder, for one test file; at its end nothing of them is left, whatever failed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { type AwsClients, createAwsClients } from '../../../local/aws-clients.ts';
import { type Emulators, type EmulatorUrls, startEmulators } from '../../../local/emulators.ts';
import { freePorts } from '../../../local/free-port.ts';
import { endProcessesOf } from '../../left-behind.ts';

export type EmulatorSet = {
  stateFolder: string;
  urls: EmulatorUrls;
  clients: AwsClients;
  emulators: Emulators;
  stop: () => Promise<void>;
};

const stateFolders: string[] = [];

// Registered before the file's own hooks, so that it runs after them.
afterAll(() => {
  for (const folder of stateFolders.splice(0)) {
    endProcessesOf(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

export function newStateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-cloud-state-'));
  stateFolders.push(folder);
  return folder;
}

export async function startEmulatorSet(stateFolder = newStateFolder()): Promise<EmulatorSet> {
  const [dynamodb, kinesis, queues] = (await freePorts(3)) as [number, number, number];
  const ports = { dynamodb, kinesis, queues };
  const emulators = await startEmulators({
    stateFolder,
    ports,
    environment: {},
    progress: () => undefined,
  });
  const clients = createAwsClients(emulators.urls, 'us-east-1');
  return {
    stateFolder,
    urls: emulators.urls,
    clients,
    emulators,
    stop: async () => {
      clients.destroy();
      await emulators.stop();
      rmSync(stateFolder, { recursive: true, force: true });
    },
  };
}

/** Waits until the condition holds; fails the test when it does not within ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error('what the test waits for did not happen within 10 s');
}
