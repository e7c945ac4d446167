/** Notices functions that fail again and again, so that the console says so once and not at every event. */
import type { LogLine } from './log-files.ts';

export type FailureWatch = (line: LogLine) => void;

/** Failures in a row that are news; then every doubling of it. */
const FIRST_NEWS = 3;

export function createFailureWatch(
  report: (text: string) => void,
  logPathOf: (source: string) => string,
): FailureWatch {
  const inARow = new Map<string, number>();
  return ({ source, text }) => {
    if (!text.includes('"platform.report"')) return;
    const record = readRecord(text);
    // A function that is cut off because the cloud stops has not failed.
    if (record === undefined || record.errorType === 'Sandbox.Stopped') return;
    if (record.status === 'success') {
      inARow.delete(source);
      return;
    }
    const count = (inARow.get(source) ?? 0) + 1;
    inARow.set(source, count);
    if (!isNews(count)) return;
    const cause = `${record.errorType ?? record.status}: ${record.errorMessage ?? ''}`;
    report(
      `function ${source} failed ${count} times in a row (${cause}): read ${logPathOf(source)}`,
    );
  };
}

function isNews(count: number): boolean {
  const times = count / FIRST_NEWS;
  return Number.isInteger(times) && (times & (times - 1)) === 0;
}

type Report = { status?: string; errorType?: string; errorMessage?: string };

function readRecord(text: string): Report | undefined {
  try {
    return (JSON.parse(text) as { record?: Report }).record;
  } catch {
    return undefined;
  }
}
