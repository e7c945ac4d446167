/**
 * `npm run core`: compiles the engine's core (engine/fast/core, AssemblyScript) to WebAssembly, and writes down where its rows' fields lie.
 * Both results are committed, so that nobody needs the compiler to run the exchange; a test compares them with what comes out anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main as compile, createMemoryStream } from 'assemblyscript/asc';
import binaryen from 'assemblyscript/binaryen';

const core = new URL('engine/fast/core/', import.meta.url);
const outputs = {
  binary: new URL('engine/fast/core-binary.ts', import.meta.url),
  layout: new URL('engine/fast/core-layout.ts', import.meta.url),
};
const made = '// Made by `npm run core`; do not edit.';

/** Static data lies behind all that has its fixed place (engine-state.ts of the core). */
const memoryBase = 81_920;

/** Both files' texts. */
export async function buildCore(): Promise<{ binary: string; layout: string }> {
  return { binary: binaryText(await compiledCore()), layout: layoutText() };
}

/** `edit` may change a source's text on its way to the compiler, to measure what a part of it costs. */
export async function compiledCore(edit = (text: string) => text): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const stderr = createMemoryStream();
  // Names, so that `rare` can be told; nothing optimized, so that every function is still there.
  const flags = [
    '-O0',
    '--debug',
    '--runtime',
    'stub',
    '--initialMemory',
    '16',
    '--enable',
    'simd',
  ];
  const { error } = await compile(
    ['core.ts', ...flags, '--memoryBase', String(memoryBase), '--outFile', 'core.wasm'],
    {
      stderr,
      readFile: (name, baseDir) => {
        try {
          return edit(readFileSync(new URL(name, new URL(`${baseDir}/`, core)), 'utf8'));
        } catch {
          return null;
        }
      },
      writeFile: (_name, contents) => {
        binary = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`the core does not compile: ${stderr.toString()}`);
  return inlined(binary);
}

/**
 * What few commands come to, by files and functions of the core. These stay where they are: a call costs its caller all that it had in
 * registers, but what is put into a caller makes that the larger, and its other paths the slower.
 */
const rare = [
  'account-orders/clear',
  'account-orders/grow',
  'apply-request/applyOther',
  'auction/*',
  'change-state/*',
  'closing/*',
  'credit-lines/openLine',
  'delegations/*',
  'event-chain/foldLongApart',
  'expiry-queue/enter',
  'expiry-queue/findFirst',
  'fill-or-kill/*',
  'look-ahead/lookAhead',
  'place-refusal/bookRefusal',
  'price-ladder/addPage',
  'price-ladder/dropPage',
  'regions/*',
  'row-pool/extend',
  'self-trade/*',
  'switches/*',
  'work-off/doDue',
  'work-off/step',
];

/**
 * Puts functions into their callers, all but the rare ones: sources stay in small ones, and the way of an order is hardly interrupted.
 * What it gave is in docs/decisions/0020.
 */
function inlined(binary: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(binary);
  const { MutableGlobals, SignExt, NontrappingFPToInt, BulkMemory, BulkMemoryOpt, SIMD128 } =
    binaryen.Features;
  const bulk = BulkMemory | BulkMemoryOpt;
  module.setFeatures(MutableGlobals | SignExt | NontrappingFPToInt | SIMD128 | bulk);
  leaveRare(module);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setAlwaysInlineMaxSize(1_000);
  // What comes into one place by one pass is simplified by the next.
  for (let pass = 0; pass < 3; pass += 1) module.optimize();
  const result = module.emitBinary();
  module.dispose();
  return result;
}

function leaveRare(module: binaryen.Module): void {
  const names = Array.from(
    { length: module.getNumFunctions() },
    (_, at) => binaryen.getFunctionInfo(module.getFunctionByIndex(at)).name,
  );
  for (const name of rare) {
    const isThere = names.some((other) => matchesGlob(other, name));
    if (!isThere) throw new Error(`the core has no ${name}`);
    binaryen.setPassArgument('no-inline', name);
    module.runPasses(['no-inline']);
  }
}

function binaryText(binary: Uint8Array): string {
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,96}/g) ?? [];
  const text = lines.map((line) => `  '${line}',`).join('\n');
  return `/** The core as WebAssembly, in base64. */\n${made}\nexport const coreBinary = [\n${text}\n].join('');\n`;
}

const bytesOf: Record<string, number> = { f64: 8, u64: 8, i16: 2, u16: 2, i8: 1, u8: 1 };

const rowFiles = [
  'rows.ts',
  'engine-state.ts',
  'level-changes.ts',
  'part-cursor.ts',
  'resolve-ids.ts',
];

/** Each row's fields with their places in bytes, as AssemblyScript lays them out: in turn, each at a multiple of its size. */
function layoutText(): string {
  const parts = rowFiles.flatMap((file) => {
    const text = readFileSync(new URL(file, core), 'utf8');
    return [...constantsIn(text), ...rowsIn(text)];
  });
  return `/** Where the core's rows have their fields, in bytes, and what has a fixed place. */\n${made}\n${parts.join('\n')}`;
}

function* constantsIn(text: string): Generator<string> {
  for (const [, name, value] of text.matchAll(
    /^export const (\w+(?:At|Bytes)): usize = ([\d_]+);$/gm,
  )) {
    yield `export const ${name} = ${value};\n`;
  }
}

function* rowsIn(text: string): Generator<string> {
  for (const [, name = '', body = ''] of text.matchAll(
    /^@unmanaged\n(?:export )?class (\w+) \{\n([\s\S]*?)^\}/gm,
  )) {
    let at = 0;
    const fields = [...body.matchAll(/^ {2}(\w+): (\w+);$/gm)].map(([, field, type = '']) => {
      const bytes = bytesOf[type] ?? 4;
      at = Math.ceil(at / bytes) * bytes;
      const line = `  ${field}: ${at},`;
      at += bytes;
      return line;
    });
    const title = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    yield `export const ${title}${/Row|State$/.test(name) ? '' : 'Row'} = {\n${fields.join('\n')}\n} as const;\n`;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = await buildCore();
  for (const name of ['binary', 'layout'] as const) writeFileSync(outputs[name], texts[name]);
}
