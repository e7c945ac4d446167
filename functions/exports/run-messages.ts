/** Runs the exports that a batch of messages names, one after another, and says how they ended. */
import type { SQSRecord } from 'aws-lambda';
import type { Logger } from '#cloud/logger.ts';
import { exportMessage } from '#wire/export-request.ts';
import { type ExportPorts, runExport } from './run-export.ts';

/** `again`: messages that nothing could be done with, by their ids. */
export type MessagesRun = { done: number; failed: number; again: string[] };

export async function runMessages(
  records: readonly Pick<SQSRecord, 'messageId' | 'body'>[],
  ports: ExportPorts,
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
): Promise<MessagesRun> {
  const run: MessagesRun = { done: 0, failed: 0, again: [] };
  for (const { messageId, body } of records) {
    try {
      const name = exportMessage.parse(JSON.parse(body));
      const outcome = await runExport(name, ports);
      if (outcome.status === 'left') continue;
      const { rows, bytes, attempts } = outcome.job;
      const told = { ...name, rows, bytes, attempts, status: outcome.status };
      if (outcome.status === 'failed') logger.error('an export has failed', told);
      else if (outcome.status === 'again')
        logger.warn('an export is tried again', { ...told, error: outcome.why as Error });
      else logger.info('an export went on', told);
      if (outcome.status === 'done') run.done += 1;
      if (outcome.status === 'failed') run.failed += 1;
    } catch (error) {
      logger.error('a message could not be worked off', { body, error: error as Error });
      run.again.push(messageId);
    }
  }
  return run;
}
