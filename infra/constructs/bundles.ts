/** Bundles every function and every container with esbuild, all functions in one call, before the template is made. */
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/** Folders that hold what a function or a container runs: `index.mjs`, or `main.mjs` beside its Dockerfile. */
export type Bundles = {
  functionFolder(name: string): string;
  containerFolder(name: string): string;
};

/** CommonJS packages inside an ES module still call `require`. */
const banner = `import{createRequire as crossbookRequire}from'node:module';const require=crossbookRequire(import.meta.url);`;

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  sourcemap: 'linked',
  // Line numbers are enough in a stack trace, and sources would triple the upload.
  sourcesContent: false,
  banner: { js: banner },
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'silent',
  write: false,
} as const satisfies BuildOptions;

/** WebAssembly that whoever checks signatures reads from beside itself. */
const curveFile = 'secp256k1.wasm';

/** Bundles what `root` holds into `folder`. */
export function bundle(root: string, folder: string): Bundles {
  build(root, folder, entriesOf(root, 'functions', 'handler.ts'), 'index');
  const containers = entriesOf(root, 'containers', 'main.ts');
  build(root, folder, containers, 'main');
  for (const { name } of containers) {
    const dockerfile = join(root, 'containers', name, 'Dockerfile');
    if (!existsSync(dockerfile))
      throw new Error(`containers/${name} has no Dockerfile: an image cannot be made of it`);
    cpSync(dockerfile, join(folder, 'containers', name, 'Dockerfile'));
  }
  return foldersIn(folder);
}

/** Bundles that stand in `folder` as `functions/<name>` and `containers/<name>`; a missing one is an error that names it. */
export function foldersIn(folder: string): Bundles {
  const find = (room: string, name: string, entry: string) => {
    const found = join(folder, room, name);
    if (existsSync(found)) return found;
    throw new Error(`${room}/${name}/${entry} does not exist, but the cloud deploys it: write it`);
  };
  return {
    functionFolder: (name) => find('functions', name, 'handler.ts'),
    containerFolder: (name) => find('containers', name, 'main.ts'),
  };
}

type Entry = { room: string; name: string; path: string };

function entriesOf(root: string, room: string, file: string): Entry[] {
  const folder = join(root, room);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => ({ room, name, path: join(folder, name, file) }))
    .filter(({ path }) => existsSync(path))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function build(root: string, folder: string, entries: Entry[], outputName: string): void {
  if (entries.length === 0) return;
  // Written by us: maps name sources relative to the output folder, which must not differ between
  // machines and runs, or every synth would upload every function again.
  const result = buildSync({
    ...shared,
    absWorkingDir: root,
    outdir: join(root, 'bundles'),
    outExtension: { '.js': '.mjs' },
    entryPoints: entries.map(({ room, name, path }) => ({
      in: path,
      out: `${room}/${name}/${outputName}`,
    })),
  });
  for (const { path, contents } of result.outputFiles) {
    const name = basename(dirname(path));
    const target = join(folder, basename(dirname(dirname(path))), name, basename(path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents);
    if (target.endsWith('.mjs') && Buffer.from(contents).includes(curveFile))
      cpSync(
        join(root, 'node_modules/tiny-secp256k1/lib', curveFile),
        join(dirname(target), curveFile),
      );
  }
}
