/**
 * `npm run contracts`: compiles the contracts by the solc package, without network, and writes their ABIs and bytecodes to contracts/abi.
 * The results are committed, so that nobody needs the compiler to run the exchange; a test compares them with what comes out anew.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const root = new URL('./', import.meta.url);
const packages = new URL('../node_modules/', root);
const outputs = new URL('abi/', root);

/** What the bytecode depends on beside the sources and the compiler's version, which the sources name exactly. */
export const compilerSettings = {
  optimizer: { enabled: true, runs: 1_000_000 },
  viaIR: true,
  /** Chains a year behind Ethereum still run it. */
  evmVersion: 'cancun',
  /** The bytecode says nothing of paths and comments. */
  metadata: { bytecodeHash: 'none', appendCBOR: false },
} as const;

type Artifact = { name: string; source: string; contract: string };

const artifacts: Artifact[] = [
  { name: 'vault', source: 'src/Vault.sol', contract: 'Vault' },
  { name: 'exchange', source: 'src/Exchange.sol', contract: 'Exchange' },
  {
    name: 'timelock',
    source: '@openzeppelin/contracts/governance/TimelockController.sol',
    contract: 'TimelockController',
  },
  { name: 'test-token', source: 'test/TestToken.sol', contract: 'TestToken' },
  { name: 'hostile-token', source: 'test/HostileToken.sol', contract: 'HostileToken' },
];

const made = '// Made by `npm run contracts`; do not edit.';

/** Texts of contracts/abi by file name. Decoding needs no bytecode, so it has files of its own. */
export function buildContracts(): Map<string, string> {
  const compiled = compile();
  const files = new Map<string, string>();
  for (const { name, source, contract } of artifacts) {
    const found = compiled[source]?.[contract];
    if (!found) throw new Error(`${source} has no contract ${contract}`);
    const constant = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const entries = found.abi.map((entry) => `  ${JSON.stringify(entry)},`).join('\n');
    files.set(
      `${name}.ts`,
      `/** ABI of the contract ${contract}. */\n${made}\nexport const ${constant}Abi = [\n${entries}\n] as const;\n`,
    );
    files.set(
      `${name}-bytecode.ts`,
      `/** What deploys the contract ${contract}. */\n${made}\nexport const ${constant}Bytecode =\n  '0x${found.evm.bytecode.object}';\n`,
    );
  }
  const text = `/** What the files beside this one were made from. */\n${made}\nexport const madeFrom =\n  '${fingerprint()}';\n`;
  return files.set('made-from.ts', text);
}

/** Of all that the results depend on: sources, settings, the compiler and the packages that are imported. */
export function fingerprint(): string {
  const openZeppelin = readFileSync(
    new URL('@openzeppelin/contracts/package.json', packages),
    'utf8',
  );
  const { version } = JSON.parse(openZeppelin) as { version: string };
  const inputs = {
    sources: [...ownSources()],
    compilerSettings,
    artifacts,
    solc: solc.version(),
    version,
  };
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

type Compiled = Record<
  string,
  Record<string, { abi: unknown[]; evm: { bytecode: { object: string } } }>
>;
type CompilerOutput = {
  errors?: {
    severity: string;
    formattedMessage: string;
    sourceLocation?: { file: string };
  }[];
  contracts?: Compiled;
};

/** Every contract in src and test; a warning of ours is a mistake, a package's is its own matter. */
function compile(): Compiled {
  // Mistakes first: making code takes a minute, looking at it a second.
  run(['abi']);
  return run(['abi', 'evm.bytecode.object']);
}

function run(outputs: string[]): Compiled {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...ownSources()].map(([path, content]) => [path, { content }])),
    settings: {
      ...compilerSettings,
      outputSelection: Object.fromEntries(
        artifacts.map(({ source, contract }) => [source, { [contract]: outputs }]),
      ),
    },
  };
  const output = solc.compile(JSON.stringify(input), { import: packageSource });
  const { errors = [], contracts = {} } = JSON.parse(output) as CompilerOutput;
  const faults = errors.filter(
    ({ severity, sourceLocation }) =>
      severity === 'error' || (severity === 'warning' && !sourceLocation?.file.startsWith('@')),
  );
  if (faults.length > 0) {
    throw new Error(faults.map(({ formattedMessage }) => formattedMessage).join('\n'));
  }
  return contracts;
}

function ownSources(): Map<string, string> {
  const paths = ['src', 'test'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root))
      .filter((file) => file.endsWith('.sol'))
      .sort()
      .map((file) => `${folder}/${file}`),
  );
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, root), 'utf8')]));
}

/** An import from a package: OpenZeppelin's contracts as npm installed them. */
function packageSource(path: string): { contents: string } | { error: string } {
  const file = new URL(path, packages);
  return existsSync(file)
    ? { contents: readFileSync(file, 'utf8') }
    : { error: `no package has ${path}` };
}

function writeAll(): void {
  const files = buildContracts();
  for (const file of readdirSync(outputs)) {
    if (!files.has(file)) rmSync(new URL(file, outputs));
  }
  for (const [file, text] of files) writeFileSync(new URL(file, outputs), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [verb, ...words] = process.argv.slice(2);
  // `npm run contracts -- deploy …`
  if (verb === 'deploy') await (await import('./deploy.ts')).deployByWords(words);
  // `npm run contracts -- fund-insurance …`
  else if (verb === 'fund-insurance')
    await (await import('./fund-insurance.ts')).fundInsuranceByWords(words);
  else writeAll();
}
