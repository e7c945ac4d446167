/** Sends an export to who works on it. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { ExportMessage } from '#wire/export-request.ts';
import { createQueueSender } from './queue-sender.ts';

export type ExportSender = (message: ExportMessage, delaySeconds: number) => Promise<void>;

/** Throws where the queue does not take it. */
export function exportSender(where: { client: SQSClient; queueUrl: string }): ExportSender {
  const send = createQueueSender(where);
  return async ({ account, exportId }, delaySeconds) => {
    const body = JSON.stringify({ account, exportId });
    const untaken = await send([{ body, delaySeconds: Math.min(900, Math.ceil(delaySeconds)) }]);
    if (untaken.length > 0) throw new Error(`the queue did not take export ${exportId}`);
  };
}
