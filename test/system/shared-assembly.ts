/** Synthesizes the local stage once for all system tests of a run, which start from that template. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../local/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    assembly: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'crossbook-assembly-'));
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const assembly = await synthesize({ root, stage: 'local', stateFolder, progress: () => {} });
  project.provide('assembly', assembly);
  return () => rmSync(stateFolder, { recursive: true, force: true });
}
