/** Why a matcher must stop at once and answer nothing more: it can no longer be sure that it leads, or that its state is the journal's. */

export class Doubt extends Error {
  override name = 'Doubt';
}

/** Ends the process; whatever was not answered yet stays unanswered. Called once or more, the first counts. */
export type Doubted = (cause: Error) => void;

export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
