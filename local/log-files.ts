/** Writes each function's and container's output as JSON lines to one bounded file per source. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type LogLine = {
  /** The function or service that wrote it; names the file. */
  source: string;
  text: string;
  level: 'INFO' | 'ERROR';
  requestId?: string;
};

export type Logs = {
  write: (line: LogLine) => void;
  pathOf: (source: string) => string;
  /** Writes what is still held in memory. Nothing is lost by calling it twice. */
  close: () => void;
};

/** A file is set aside as `<source>.1.jsonl` at this size, so a source keeps at most twice as much. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Lines wait this long to be written together. */
const FLUSH_AFTER_MS = 50;
const FLUSH_AT_BYTES = 64 * 1024;

type File = { path: string; sizeBytes: number; pending: string[]; pendingBytes: number };

/** Opens the log folder. */
export function openLogs(
  folder: string,
  options: { maxFileBytes?: number; now?: () => Date } = {},
): Logs {
  const maxFileBytes = options.maxFileBytes ?? MAX_FILE_BYTES;
  const now = options.now ?? (() => new Date());
  const files = new Map<string, File>();
  let timer: NodeJS.Timeout | undefined;
  mkdirSync(folder, { recursive: true });

  const pathOf = (source: string): string =>
    join(folder, `${source.replace(/[^A-Za-z0-9._-]/g, '-')}.jsonl`);

  const flushAll = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const file of files.values()) flush(file, maxFileBytes);
  };

  return {
    pathOf,
    close: flushAll,
    write: (line) => {
      const path = pathOf(line.source);
      const file = files.get(path) ?? openFile(path);
      files.set(path, file);
      const text = `${formatLine(line, now())}\n`;
      file.pending.push(text);
      file.pendingBytes += Buffer.byteLength(text);
      if (file.pendingBytes >= FLUSH_AT_BYTES) flush(file, maxFileBytes);
      else timer ??= setTimeout(flushAll, FLUSH_AFTER_MS);
    },
  };
}

/** A line that is a JSON object stays as it is; anything else is wrapped in one. */
export function formatLine(line: LogLine, now: Date): string {
  if (isJsonObject(line.text)) return line.text;
  return JSON.stringify({
    timestamp: now.toISOString(),
    level: line.level,
    message: line.text,
    function: line.source,
    requestId: line.requestId,
  });
}

function isJsonObject(text: string): boolean {
  if (!text.startsWith('{') || !text.endsWith('}') || text.includes('\n')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function openFile(path: string): File {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return { path, sizeBytes, pending: [], pendingBytes: 0 };
}

function flush(file: File, maxFileBytes: number): void {
  if (file.pending.length === 0) return;
  const { path, pending, pendingBytes } = file;
  file.pending = [];
  file.pendingBytes = 0;
  if (file.sizeBytes > 0 && file.sizeBytes + pendingBytes > maxFileBytes) {
    renameSync(path, path.replace(/\.jsonl$/, '.1.jsonl'));
    file.sizeBytes = 0;
  }
  appendFileSync(path, pending.join(''));
  file.sizeBytes += pendingBytes;
}
