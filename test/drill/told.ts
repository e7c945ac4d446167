/** Everything that clients were told while a drill ran: each command with all its answers, fills, ends of orders, and when. */
import { CrossbookError } from '#client/crossbook-error.ts';
import type { AccountMessage } from '#client/feed.ts';
import type { Digest } from '#domain/order.ts';
import type { FillJson, OrderJson } from '#wire/feed-message.ts';

/** What one try of a request was answered. */
export type Answer =
  | { type: 'accepted'; sequence: number; order?: OrderJson; fills: FillJson[] }
  | { type: 'refused'; code: string }
  /** The exchange itself said that it took nothing. */
  | { type: 'nothing_taken'; code: string }
  /** No answer, or one that leaves it open. */
  | { type: 'nobody_knows'; code: string };

/** A signed command that was sent, as often as its client liked. */
export type Sent = {
  kind: 'order' | 'cancel' | 'amendment';
  /** The digest of what was signed: the command's identity. */
  commandId: string;
  account: string;
  groupId: string;
  /** The order that was placed, cancelled or amended. */
  order: Digest;
  answers: Answer[];
};

export type EndTold = { digest: Digest; status: OrderJson['status'] };

/** Longest wait for an acceptance; the times are monotonic. */
type Span = { fromMs: number; toMs: number };

export class Told {
  readonly sent: Sent[] = [];
  /** By trade and order: REST and feed may tell the same one, and must tell the same. */
  readonly fills: FillJson[] = [];
  readonly ends: EndTold[] = [];
  #acceptedAtMs = new Map<string, number[]>();

  send(sent: Omit<Sent, 'answers'>): Sent {
    const kept = { ...sent, answers: [] };
    this.sent.push(kept);
    return kept;
  }

  /** Notes an answer to a command. */
  answered(sent: Sent, answer: Answer): void {
    sent.answers.push(answer);
    if (answer.type !== 'accepted') return;
    this.#times(sent.groupId).push(performance.now());
    this.fills.push(...answer.fills);
    if (answer.order) this.#seen(answer.order);
  }

  /** Notes news of one's own account. */
  heard(message: AccountMessage): void {
    if (message.type === 'fill') this.fills.push(message.fill);
    if (message.type === 'order') this.#seen(message.order);
  }

  get acceptedCount(): number {
    return this.sent.filter(({ answers }) => answers.some(({ type }) => type === 'accepted'))
      .length;
  }

  /** The longest time in which no command of a pair group was accepted; the worst group counts. */
  longestGapMs({ fromMs, toMs }: Span): number {
    const gaps = [...this.#acceptedAtMs.values()].map((times) => {
      const inside = times.filter((each) => each > fromMs && each < toMs);
      const marks = [fromMs, ...inside, toMs];
      return Math.max(...marks.slice(1).map((each, at) => each - (marks[at] as number)));
    });
    return Math.round(Math.max(0, ...gaps));
  }

  #seen({ digest, status }: OrderJson): void {
    if (status !== 'open' && status !== 'untriggered') this.ends.push({ digest, status });
  }

  #times(groupId: string): number[] {
    const times = this.#acceptedAtMs.get(groupId) ?? [];
    this.#acceptedAtMs.set(groupId, times);
    return times;
  }
}

/** What an error means for the command that was sent. */
export function answerOf(error: unknown): Exclude<Answer, { type: 'accepted' }> {
  if (!(error instanceof CrossbookError)) throw error;
  const { code, requestId, status } = error;
  const isOurs = requestId !== undefined;
  // A gateway's own 503 has no requestId: the function behind it may have been cut off at any point.
  if (isOurs && (code === 'busy' || code === 'unavailable')) return { type: 'nothing_taken', code };
  if (code === 'too_many_requests') return { type: 'nothing_taken', code };
  const isRefusal = isOurs && status >= 400 && status < 500 && code !== 'duplicate_order';
  return isRefusal ? { type: 'refused', code } : { type: 'nobody_knows', code };
}
