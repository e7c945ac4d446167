/** KMS's local twin with one signing key, spoken to by the SDK. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KMSClient } from '@aws-sdk/client-kms';
import { keyClient } from '#cloud/clients.ts';
import { startControlServices } from '../../local/control-services.ts';
import { openKeys } from '../../local/key-service.ts';
import { assemblyOf, resource } from '../local/fixtures-b/resources.ts';

export type KeyTwin = { client: KMSClient; keyId: string; stop(): Promise<void> };

export async function startKeys(): Promise<KeyTwin> {
  const folder = mkdtempSync(join(tmpdir(), 'crossbook-keys-'));
  const keyId = '11111111-1111-1111-1111-111111111111';
  const spec = { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' };
  const assembly = assemblyOf([resource('AWS::KMS::Key', keyId, spec)]);
  const services = await startControlServices({
    port: 0,
    region: 'us-east-1',
    lambda: { handle: async () => false },
    operations: openKeys(assembly, join(folder, 'keys.json')).operations,
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = keyClient({ endpoint: services.url, region: 'us-east-1', credentials });
  return {
    client,
    keyId,
    async stop() {
      client.destroy();
      await services.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
