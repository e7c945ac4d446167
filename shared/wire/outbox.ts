/**
 * What must happen after money moved: rows of the outbox table, written in the very transaction that moves it. A table stream
 * carries each to the queue of its topic; a consumer does it, then deletes the row. A sweep sends again what is overdue,
 * so each may come twice, late, and after its row is gone: consumers are idempotent by what they write.
 */
import * as z from 'zod';
import { padded } from './table-keys.ts';

/** One FIFO queue each. */
export const outboxTopics = ['notify', 'reconcile', 'settle', 'facts', 'guard'] as const;
export type OutboxTopic = (typeof outboxTopics)[number];

export type OutboxBody =
  | MoneyEvent
  /** The indexer wrote facts of the chain through this one: a bell, for each consumer reads by its own cursor. */
  | { type: 'facts'; chainId: number; toFact: number; atMs: number; accounts: string[] };

export type MoneyEvent =
  /** A run of a pair group's journal is cleared: its last frame names it. Topic `notify` is told its users' accounts, `reconcile` none. */
  | { type: 'run'; groupId: string; toFrame: number; atMs: number; accounts: string[] }
  /** An operation outside the journal is posted. */
  | { type: 'operation'; operationId: string; atMs: number; accounts: string[] };

export type OutboxRow = { topic: OutboxTopic; outboxId: string; atMs: number; body: OutboxBody };

/** Names what happened, so that the same event is the same row. */
export function outboxIdOf(body: OutboxBody): string {
  switch (body.type) {
    case 'run':
      return `run#${body.groupId}#${padded(body.toFrame)}`;
    case 'operation':
      return `operation#${body.operationId}`;
    case 'facts':
      return `facts#${body.chainId}#${padded(body.toFact)}`;
  }
}

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
export function messageGroupOf({ topic, body }: Pick<OutboxRow, 'topic' | 'body'>): string {
  // Batches have one order, whichever pair group their fills are from.
  if (topic === 'settle') return 'settle';
  switch (body.type) {
    case 'run':
      return body.groupId;
    case 'operation':
      return body.accounts[0] ?? 'house';
    case 'facts':
      return `chain-${body.chainId}`;
  }
}
