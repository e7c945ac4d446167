/** Prints the template's outputs: described ones as a table, those named `Try1…`, `Try2…` as commands to try, in that order. */
import type { Output } from './assembly.ts';

export function outputsTable(outputs: Output[]): string {
  const described = outputs.filter((output) => output.description !== undefined);
  const isTry = ({ key }: Output): boolean => key.startsWith('Try');
  const rows = described.filter((output) => !isTry(output));
  // In the order of their names: that of the stacks is their dependencies'.
  const tries = described.filter(isTry).sort((a, b) => (a.key < b.key ? -1 : 1));
  const width = Math.max(0, ...rows.map(({ description }) => (description ?? '').length));
  const lines = rows.map(
    ({ description, value }) => `  ${(description ?? '').padEnd(width)}  ${value}`,
  );
  if (tries.length > 0) {
    lines.push('', 'Try:');
    for (const { description, value } of tries) lines.push(`  # ${description}`, `  ${value}`);
  }
  return lines.join('\n');
}
