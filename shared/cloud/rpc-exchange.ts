/** One HTTP request of JSON-RPC calls to one URL, bounded in time and size; never throws, never names the URL, which may hold a key. */
import type { Clock } from './clock.ts';
import { outcomeOfError, type RpcOutcome, retryAfterOf } from './rpc-outcome.ts';

export type RpcCall = { method: string; params: readonly unknown[] };
export type Fetch = typeof fetch;

export type RpcTarget = { url: string; fetch: Fetch; clock: Clock };

export type Exchanged =
  /** One outcome a call, in their order. */
  | { type: 'answers'; outcomes: RpcOutcome[] }
  /** The batch as a whole was not taken; single calls may be. */
  | { type: 'no_batches' }
  | Extract<RpcOutcome, { type: 'limited' | 'failed' | 'cancelled' }>;

/** 10,000 logs, which is what providers give at most, are about 8 MB. */
const mostBytes = 64 * 1024 * 1024;

export async function exchangeRpc(
  { url, fetch, clock }: RpcTarget,
  calls: readonly RpcCall[],
  { timeoutMs, cancel }: { timeoutMs: number; cancel: AbortSignal },
): Promise<Exchanged> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  const timer = setTimeout(stop, timeoutMs);
  cancel.addEventListener('abort', stop, { once: true });
  if (cancel.aborted) stop();
  try {
    const requests = calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call }));
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(calls.length === 1 ? requests[0] : requests),
      signal: abort.signal,
    });
    const retryAfterMs = retryAfterOf(response.headers.get('retry-after'), clock.nowMs());
    const text = await bodyOf(response);
    if (response.status === 429) return { type: 'limited', retryAfterMs };
    if (response.status === 503 && retryAfterMs !== undefined)
      return { type: 'limited', retryAfterMs };
    if (response.status >= 500 || response.status === 401 || response.status === 403)
      return { type: 'failed', why: `status ${response.status}` };
    return read(text, calls.length, response.status);
  } catch (error) {
    if (cancel.aborted) return { type: 'cancelled' };
    if (abort.signal.aborted) return { type: 'failed', why: `no answer in ${timeoutMs} ms` };
    return { type: 'failed', why: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    cancel.removeEventListener('abort', stop);
  }
}

async function bodyOf(response: Response): Promise<string> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  if (length <= mostBytes) return response.text();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function read(text: string, calls: number, status: number): Exchanged {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { type: 'failed', why: `status ${status} with a body that is not JSON` };
  }
  if (calls === 1) return { type: 'answers', outcomes: [outcomeOf(body, 0)] };
  if (!Array.isArray(body)) return { type: 'no_batches' };
  const byId = new Map(body.map((each) => [(each as { id?: unknown } | null)?.id, each]));
  const outcomes = Array.from({ length: calls }, (_, id) => outcomeOf(byId.get(id), id));
  return { type: 'answers', outcomes };
}

function outcomeOf(answer: unknown, id: number): RpcOutcome {
  const strange: RpcOutcome = { type: 'failed', why: 'an answer that is not JSON-RPC' };
  if (typeof answer !== 'object' || answer === null) return strange;
  const { error, result, id: answered } = answer as Record<string, unknown>;
  if (typeof error === 'object' && error !== null) return outcomeOfError(error);
  if (answered !== id || result === undefined) return strange;
  return { type: 'answered', result };
}

/** fetch hides the reason in `cause`. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as {
    cause?: { code?: string; message?: string };
    message?: string;
  };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
