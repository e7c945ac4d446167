/** Applies one command: the core does, but for what takes texts to do: listing a market, and forgetting what ids and orders were called. */
import type { Command } from '#domain/command.ts';
import type { RawCommand } from '#domain/raw-command.ts';
import type { RawOrder } from '#domain/raw-order.ts';
import { requestAt, requestRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { listMarket, listRefusal } from './list-market.ts';
import { accepted } from './request.ts';
import { resolve } from './resolve.ts';

/** Its events are then to be rendered. */
export function applyCommand(command: Command, state: FastState): void {
  resolve(command, state, requestAt);
  applyResolved(command, state, requestAt);
}

/** The same of a command that the request at `row` was filled with. */
export function applyResolved(command: Command, state: FastState, row: number): void {
  const { core } = state;
  const isListing = command.type === 'list_market';
  if (isListing) core.setInt(row, requestRow.code, listRefusal(state, command));
  core.calls.apply(row);
  const isAccepted = core.int(row, requestRow.code) === accepted;
  if (isListing && isAccepted) listMarket(state, command);
  state.dropTexts();
  if (command.type === 'place' && command.clientOrderId !== undefined) {
    state.dropUnusedClient(core.int(row, requestRow.client));
  }
}

/** The same of a new order as it came. */
export function applyPlacement(order: RawOrder, state: FastState, row: number): void {
  const { core } = state;
  core.calls.apply(row);
  state.dropTexts();
  if (order.clientOrderId !== undefined) state.dropUnusedClient(core.int(row, requestRow.client));
}

/** The same of one whose digests are bytes. */
export function applyRaw(command: RawCommand, state: FastState, row: number): void {
  const { core } = state;
  core.calls.apply(row);
  state.dropTexts();
  if (command.type === 'raw_place' && command.clientOrderId !== undefined) {
    state.dropUnusedClient(core.int(row, requestRow.client));
  }
}
