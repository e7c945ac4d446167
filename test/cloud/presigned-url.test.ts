import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { createObjectUrl, presignedGet } from '#cloud/presigned-url.ts';

const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const atMs = Date.parse('2013-05-24T00:00:00Z');

test("a URL is signed as in AWS's own example", () => {
  // Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters".
  const url = presignedGet({
    url: new URL('https://examplebucket.s3.amazonaws.com/test.txt'),
    region: 'us-east-1',
    credentials,
    nowMs: atMs,
    seconds: 86_400,
  });
  expect(url).toBe(
    'https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  );
});

test('a URL leads to the bucket as the client itself finds it, and carries the token of passing credentials', async () => {
  const client = new S3Client({
    region: 'eu-west-1',
    credentials: { ...credentials, sessionToken: 'passing+token' },
  });
  const url = createObjectUrl({ client, bucket: 'exports-bucket' });
  const made = await url('exports/0xa/file.csv', { nowMs: atMs, seconds: 900 });
  expect(made).toMatch(
    /^https:\/\/exports-bucket\.s3\.eu-west-1\.amazonaws\.com\/exports\/0xa\/file\.csv\?/,
  );
  expect(new URL(made).searchParams.get('X-Amz-Security-Token')).toBe('passing+token');
  expect(new URL(made).searchParams.get('X-Amz-Expires')).toBe('900');

  const local = new S3Client({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:4570',
    credentials,
  });
  const byPath = await createObjectUrl({ client: local, bucket: 'b' })('exports/x', {
    nowMs: atMs,
    seconds: 1,
  });
  expect(byPath).toMatch(/^http:\/\/127\.0\.0\.1:4570\/b\/exports\/x\?/);
});
