/** What became of one call at one provider, read from what the provider sent: closed, so that every case is thought of. */
import { RpcError } from './rpc.ts';

export type RpcOutcome =
  | { type: 'answered'; result: unknown }
  /** The node understood and says no: it is the same everywhere. */
  | { type: 'refused'; error: RpcError }
  /** This node does not have it; another one may. */
  | { type: 'missing'; error: RpcError }
  /** Not now: too many calls. */
  | { type: 'limited'; retryAfterMs: number | undefined }
  /** No answer, or none that is JSON-RPC. */
  | { type: 'failed'; why: string }
  /** Nobody wants it any more. */
  | { type: 'cancelled' };

/** No provider gave an answer; trying later may help. */
export class RpcUnavailable extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(why: string, retryAfterMs?: number) {
    super(why);
    this.name = 'RpcUnavailable';
    this.retryAfterMs = retryAfterMs;
  }
}

/** A contract's word, even where its text reads like one of the others. */
const reverted = /execution reverted|^revert|VM Exception/i;
/** "Ask for less" is an answer: the same question is too large elsewhere too. */
const tooLarge =
  /more than \d+ (results|logs)|too many (results|logs)|block range|range (is )?too|response size|limit.*range/i;
const limited =
  /rate.?limit|too many requests|(request|compute|credit|quota|throughput)[\w ]{0,40}(exceeded|reached)|exceeded[\w ,']{0,40}(capacity|quota|limit)/i;
const missing =
  /header not found|unknown block|block (\S+ )?(not found|is out of range)|could not find block|missing trie node|state (\S+ )*(not|is not|un)\s?available|historical state|pruned|blockoutofrange|out of range|unfinalized data|resource not found|method .*(not found|not supported|not available|does not exist)/i;
const overloaded =
  /timed? ?out|overloaded|temporarily|try again|unavailable|no (available )?(backend|upstream|node)/i;

const codes = {
  reverted: 3,
  resourceNotFound: -32001,
  methodNotFound: -32601,
  limitExceeded: -32005,
};

/** Sorts what a node's error object says. */
export function outcomeOfError(error: {
  code?: unknown;
  message?: unknown;
  data?: unknown;
}): RpcOutcome {
  const code = typeof error.code === 'number' ? error.code : -32000;
  const message = typeof error.message === 'string' ? error.message : 'an error without a message';
  const said = new RpcError(code, message, dataOf(error.data));
  if (code === codes.reverted || reverted.test(message)) return { type: 'refused', error: said };
  if (tooLarge.test(message)) return { type: 'refused', error: said };
  if (code === codes.limitExceeded || limited.test(message))
    return { type: 'limited', retryAfterMs: undefined };
  if (code === codes.resourceNotFound || code === codes.methodNotFound || missing.test(message))
    return { type: 'missing', error: said };
  if (code !== -32602 && overloaded.test(message)) return { type: 'failed', why: message };
  return { type: 'refused', error: said };
}

/** Some nodes nest what the contract said. */
function dataOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  if (typeof data !== 'object' || data === null) return undefined;
  const nested = (data as { data?: unknown }).data;
  return typeof nested === 'string' ? nested : undefined;
}

/** Seconds or a date, as HTTP allows (RFC 9110, 10.2.3). */
export function retryAfterOf(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
