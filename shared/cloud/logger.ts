/** The one logger: JSON lines with the request's id. Signatures, tokens and keys are never logged. */
import { Logger } from '@aws-lambda-powertools/logger';

export type { Logger };

/** A logger of one service; the level comes from POWERTOOLS_LOG_LEVEL. */
export function createLogger(serviceName: string): Logger {
  return new Logger({ serviceName });
}
