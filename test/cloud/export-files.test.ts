import { expect, test } from 'vitest';
import { partsClient } from '#cloud/clients.ts';
import { createExportFiles } from '#cloud/export-files.ts';

test('a part carries its MD5 and no checksum of a kind that its upload was not begun with', async () => {
  const sent: { method: string; headers: Record<string, string> }[] = [];
  const client = partsClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  client.middlewareStack.add(
    () => async (args) => {
      sent.push(args.request as (typeof sent)[number]);
      const headers = { etag: '"tag"' };
      return { response: { statusCode: 200, headers }, output: {} as never };
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const files = createExportFiles({ client, bucket: 'b' });
  await files.part({ key: 'k', uploadId: 'u' }, 1, Buffer.from('text')).catch(() => undefined);
  expect(sent).toHaveLength(1);
  const headers = Object.keys(sent[0]?.headers ?? {}).map((name) => name.toLowerCase());
  expect(sent[0]?.headers['content-md5']).toBe('HLJR7A1WjeapKbUgxK7Y0Q==');
  expect(headers.filter((name) => /checksum/.test(name))).toEqual([]);
});
