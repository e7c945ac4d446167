/** Everything that goes wrong in the client: the exchange's refusals by their code, and the network's faults. */

/** What the exchange may answer, plus `network_error` (no answer came) and what the client itself refuses before sending. */
export class CrossbookError extends Error {
  override name = 'CrossbookError';
  readonly code: string;
  /** 0 where no HTTP answer came. */
  readonly status: number;
  readonly requestId: string | undefined;
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    more: { status?: number; requestId?: string; details?: unknown; retryAfterMs?: number } = {},
  ) {
    super(`${code}: ${message}`);
    this.code = code;
    this.status = more.status ?? 0;
    this.requestId = more.requestId;
    this.details = more.details;
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** Codes after which the same request may be sent again: nothing was taken, or the exchange takes it only once. */
const passing = new Set([
  'network_error',
  'unavailable',
  'busy',
  'not_leader',
  'outcome_unknown',
  'too_many_requests',
]);

export const isPassingCode = (code: string): boolean => passing.has(code);

export const isPassing = (error: unknown): error is CrossbookError =>
  error instanceof CrossbookError && isPassingCode(error.code);
