/** What the log files promise. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLogs } from '../../local/log-files.ts';
import { newFolder, removeFolders } from './fixtures/assembly-folder.ts';

afterAll(removeFolders);

const now = (): Date => new Date('2026-01-02T03:04:05Z');

test('a JSON line stays as it is and other text is wrapped', () => {
  const logs = openLogs(join(newFolder(), 'logs'), { now });
  logs.write({ source: 'orders', level: 'INFO', text: '{"level":"WARN","message":"own"}' });
  logs.write({ source: 'orders', level: 'ERROR', text: '{ not JSON }', requestId: 'r-1' });
  logs.close();
  const lines = readFileSync(logs.pathOf('orders'), 'utf8').trimEnd().split('\n');
  expect(lines[0]).toBe('{"level":"WARN","message":"own"}');
  expect(JSON.parse(lines[1] ?? '')).toEqual({
    timestamp: '2026-01-02T03:04:05.000Z',
    level: 'ERROR',
    message: '{ not JSON }',
    function: 'orders',
    requestId: 'r-1',
  });
});

test('each source has its own file, whatever its name', () => {
  const logs = openLogs(newFolder(), { now });
  logs.write({ source: 'a/../b', level: 'INFO', text: 'x' });
  logs.write({ source: 'c', level: 'INFO', text: 'y' });
  logs.close();
  expect(readFileSync(logs.pathOf('a/../b'), 'utf8')).toContain('"x"');
  expect(readFileSync(logs.pathOf('c'), 'utf8')).toContain('"y"');
  expect(logs.pathOf('a/../b')).toMatch(/a-..-b\.jsonl$/);
});

test('a file at its bound is set aside once, so a source cannot fill the disk', () => {
  const maxFileBytes = 1_000;
  const logs = openLogs(newFolder(), { now, maxFileBytes });
  for (let n = 0; n < 100; n += 1) {
    logs.write({ source: 'loud', level: 'INFO', text: 'x'.repeat(100) });
    logs.close();
  }
  const path = logs.pathOf('loud');
  const aside = path.replace('.jsonl', '.1.jsonl');
  expect(existsSync(aside)).toBe(true);
  expect(statSync(path).size).toBeLessThanOrEqual(maxFileBytes);
  expect(statSync(aside).size).toBeLessThanOrEqual(maxFileBytes);
});

test('a log continues after a restart', () => {
  const folder = newFolder();
  for (const text of ['first', 'second']) {
    const logs = openLogs(folder, { now });
    logs.write({ source: 's', level: 'INFO', text });
    logs.close();
  }
  const text = readFileSync(join(folder, 's.jsonl'), 'utf8');
  expect(text.indexOf('first')).toBeLessThan(text.indexOf('second'));
});
