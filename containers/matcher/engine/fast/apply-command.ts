/** Applies one command: the core does, but for what takes texts to do: listing a market, and forgetting what ids and orders were called. */
import type { Command } from '#domain/command.ts';
import { nobody } from './core-instance.ts';
import { requestAt, requestRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { listMarket, listRefusal } from './list-market.ts';
import { accepted, requestKinds } from './request.ts';
import { resolve } from './resolve.ts';

const placeKind = requestKinds.indexOf('place');

/** Its events are then to be rendered. */
export function applyCommand(command: Command, state: FastState): void {
  resolve(command, state, requestAt);
  applyResolved(command, state);
}

/** The same of a command that was resolved a moment ago. */
export function applyResolved(command: Command, state: FastState): void {
  const { core } = state;
  const isListing = command.type === 'list_market';
  if (isListing) core.setInt(requestAt, requestRow.code, listRefusal(state, command));
  applyRequest(state, requestAt);
  const isAccepted = core.int(requestAt, requestRow.code) === accepted;
  if (isListing && isAccepted) listMarket(state, command);
}

/** The same of what the request at `row` was filled with. */
export function applyRequest(state: FastState, row: number): void {
  state.core.calls.apply(row);
  dropUnused(state, row);
}

/** Forgets what a request that was applied named and nothing needs any more. */
export function dropUnused(state: FastState, row: number): void {
  const { core } = state;
  state.dropTexts();
  if (core.int(row, requestRow.kind) !== placeKind) return;
  const client = core.int(row, requestRow.client);
  if (client !== nobody) state.dropUnusedClient(client);
}
