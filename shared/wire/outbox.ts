/**
 * What must happen after money moved: rows of the outbox table, written in the very transaction that moves it. A table stream
 * carries each to the queue of its topic; a consumer does it, then deletes the row. A sweep sends again what is overdue,
 * so each may come twice, late, and after its row is gone: consumers are idempotent by what they write.
 */
import * as z from 'zod';
import { padded } from './table-keys.ts';

/** One FIFO queue each. */
export const outboxTopics = ['notify', 'reconcile'] as const;
export type OutboxTopic = (typeof outboxTopics)[number];

export type OutboxBody =
  /** A run of a pair group's journal is cleared: its last frame names it. Topic `notify` is told its users' accounts, `reconcile` none. */
  | { type: 'run'; groupId: string; toFrame: number; atMs: number; accounts: string[] }
  /** An operation outside the journal is posted. */
  | { type: 'operation'; operationId: string; atMs: number; accounts: string[] };

export type OutboxRow = { topic: OutboxTopic; outboxId: string; atMs: number; body: OutboxBody };

/** Names what happened, so that the same event is the same row. */
export const outboxIdOf = (body: OutboxBody): string =>
  body.type === 'run'
    ? `run#${body.groupId}#${padded(body.toFrame)}`
    : `operation#${body.operationId}`;

/** The transport's message: the row itself is read from the table, for it may outgrow a message. */
export const outboxMessage = z.object({
  topic: z.enum(outboxTopics),
  outboxId: z.string().min(1),
  atMs: z.int().nonnegative(),
});
export type OutboxMessage = z.infer<typeof outboxMessage>;

export const messageOf = ({ topic, outboxId, atMs }: OutboxMessage): OutboxMessage => ({
  topic,
  outboxId,
  atMs,
});

/** Messages of one such group come one after another. */
export const messageGroupOf = (body: OutboxBody): string =>
  body.type === 'run' ? body.groupId : (body.accounts[0] ?? 'house');
