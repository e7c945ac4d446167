/** The bundler, on a small room of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundles, bundle } from '../../infra/constructs/bundles.ts';

const source = {
  'functions/hello/handler.ts': `import { greet } from './greet.ts';
    const os = require('node:os') as { EOL: string };
    export const handler = async (name: string): Promise<string> => greet(name) + os.EOL.length;`,
  'functions/hello/greet.ts':
    "export const greet = (name: string): string => 'hello ' + name + ' ';",
  'functions/broken/handler.ts': `throw new Error('at line one');`,
  'containers/loop/main.ts': `console.log('looping');`,
  'containers/loop/Dockerfile': 'FROM scratch',
};

let root: string;
let bundles: Bundles;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'crossbook-bundle-test-'));
  for (const [path, text] of Object.entries(source)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  bundles = bundle(root, join(root, 'out'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a function is one module that holds all it needs, CommonJS too', async () => {
  const { handler } = await import(join(bundles.functionFolder('hello'), 'index.mjs'));
  expect(await handler('you')).toBe('hello you 1');
});

test('a container is one module beside its Dockerfile', () => {
  const folder = bundles.containerFolder('loop');
  expect(readdirSync(folder).sort()).toEqual(['Dockerfile', 'main.mjs', 'main.mjs.map']);
  expect(execFileSync(process.execPath, [join(folder, 'main.mjs')]).toString()).toBe('looping\n');
});

test('a stack trace names the line of the source', () => {
  const file = join(bundles.functionFolder('broken'), 'index.mjs');
  const run = () =>
    execFileSync(process.execPath, ['--enable-source-maps', file], { stdio: 'pipe' });
  expect(run).toThrow(/functions\/broken\/handler\.ts:1/);
});

test('the same source gives the same bytes, so that nothing is uploaded twice', () => {
  const again = bundle(root, join(root, 'again'));
  for (const file of ['index.mjs', 'index.mjs.map'])
    expect(readFileSync(join(again.functionFolder('hello'), file))).toEqual(
      readFileSync(join(bundles.functionFolder('hello'), file)),
    );
});

test('a function that the cloud deploys and nobody wrote is an error that names it', () => {
  expect(() => bundles.functionFolder('absent')).toThrow(
    'functions/absent/handler.ts does not exist',
  );
});

test('an import that leads nowhere is an error that names both ends', () => {
  const broken = mkdtempSync(join(root, 'nowhere-'));
  mkdirSync(join(broken, 'functions/lost'), { recursive: true });
  writeFileSync(join(broken, 'functions/lost/handler.ts'), `import './nowhere.ts';`);
  expect(() => bundle(broken, join(broken, 'out'))).toThrow(
    /functions\/lost\/handler\.ts.*nowhere\.ts/,
  );
});

test('a container without a Dockerfile is an error that names it', () => {
  const bare = mkdtempSync(join(root, 'bare-'));
  mkdirSync(join(bare, 'containers/bare'), { recursive: true });
  writeFileSync(join(bare, 'containers/bare/main.ts'), '');
  expect(() => bundle(bare, join(bare, 'out'))).toThrow('containers/bare has no Dockerfile');
});
