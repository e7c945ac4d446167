/** Prints the template's outputs: described ones as a table, those named `Try…` as commands to try. */
import type { Output } from './assembly.ts';

export function outputsTable(outputs: Output[]): string {
  const described = outputs.filter((output) => output.description !== undefined);
  const isTry = ({ key }: Output): boolean => key.startsWith('Try');
  const rows = described.filter((output) => !isTry(output));
  const tries = described.filter(isTry);
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
