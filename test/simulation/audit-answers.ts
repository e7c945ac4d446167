/** Holds everything that left the matchers against the journal: true, durable, nothing lost, nothing twice. */
import type { EngineEvent } from '#domain/event.ts';
import type { CommandResult } from '#wire/matcher-api.ts';
import { tradeId } from '#wire/present.ts';
import { memoryMs } from '../../containers/matcher/engine/limits.ts';
import { differs } from './difference.ts';
import type { Done, Replay } from './naive-replay.ts';
import { groupId, type Left, type SimulatedWorld } from './simulated-world.ts';

export function auditAnswers({ left }: SimulatedWorld, replay: Replay): string[] {
  const firsts = firstOf(replay.done);
  return [
    ...auditEntries(left, replay),
    ...auditHalves(replay),
    ...auditEpochs(left),
    ...left.flatMap((each) => {
      if (each.type === 'answer') return auditAnswer(each, replay, firsts);
      if (each.type === 'state') return auditState(each, replay);
      return each.type === 'account' ? auditAccount(each, replay) : [];
    }),
    ...auditTrades(left, replay),
  ];
}

/** Each command at its first place in the journal. */
function firstOf(done: readonly Done[]): Map<string, Done> {
  const firsts = new Map<string, Done>();
  for (const each of done)
    if (!firsts.has(each.command.commandId)) firsts.set(each.command.commandId, each);
  return firsts;
}

/** No command enters twice, no order after its owner's cancel was journaled, and none that was told to be cancelled. */
function auditEntries(left: readonly Left[], { done }: Replay): string[] {
  const problems: string[] = [];
  const kept = new Set(
    left.flatMap((each) => {
      const isKept =
        each.type === 'answer' &&
        each.result.status === 'refused' &&
        each.result.code === 'order_cancelled';
      return isKept ? [each.result.commandId] : [];
    }),
  );
  const entered = new Set<string>();
  const cancelledAtMs = new Map<string, number>();
  for (const { command, events } of done) {
    const [opening] = events;
    const isUnseen = opening?.type === 'refused' && opening.code === 'unknown_order';
    if (command.type === 'cancel' && isUnseen)
      cancelledAtMs.set(`${command.digest} ${command.account}`, command.nowMs);
    if (opening?.type !== 'accepted') continue;
    const { commandId } = command;
    if (entered.has(commandId)) problems.push(`${command.type} ${commandId} was applied twice`);
    entered.add(commandId);
    if (command.type !== 'place') continue;
    if (kept.has(commandId)) problems.push(`${commandId} entered, and was told to be cancelled`);
    const cancelled = cancelledAtMs.get(`${commandId} ${command.account}`);
    if (cancelled !== undefined && command.nowMs - cancelled <= memoryMs)
      problems.push(`${commandId} entered after its cancel`);
  }
  return problems;
}

/** Nothing comes between a command and what it left undone. */
function auditHalves({ done }: Replay): string[] {
  return done.flatMap(({ command }, at) => {
    const wasUnfinished = at > 0 && done[at - 1]?.isUnfinished === true;
    return (command.type === 'continue') === wasUnfinished
      ? []
      : [`${command.type} ${command.commandId} came between a command and what it left undone`];
  });
}

/** W1: under one epoch one process speaks. */
function auditEpochs(left: readonly Left[]): string[] {
  const speakers = new Map<number, string>();
  const problems = new Set<string>();
  for (const { epoch, process } of left) {
    // Standbys speak in none.
    if (epoch === 0) continue;
    const first = speakers.get(epoch) ?? process;
    speakers.set(epoch, first);
    if (first !== process) problems.add(`W1: ${first} and ${process} both spoke in epoch ${epoch}`);
  }
  return [...problems];
}

type Answer = Extract<Left, { type: 'answer' }>;

/** What the engine decided was in the journal before its owner was told, and was told as it is there. */
function auditAnswer(answer: Answer, replay: Replay, firsts: Map<string, Done>): string[] {
  const { request, result, records } = answer;
  const commandId = request.type === 'place' ? request.digest : request.commandId;
  const says = `${request.type} ${commandId}, told ${result.status} in epoch ${answer.epoch}`;
  if (result.commandId !== commandId) return [`${says}: the answer to ${result.commandId}`];
  const first = firsts.get(commandId);
  if (!first) {
    const notJournaled = ['busy', 'not_leader', 'order_cancelled', 'order_too_late'];
    const isFine = result.status === 'refused' && notJournaled.includes(result.code);
    return isFine ? [] : [`${says}: lost, it is not in the journal`];
  }
  // The desk or a tombstone may have spoken before or after the engine did.
  if (result.status === 'refused' && ['busy', 'not_leader'].includes(result.code)) return [];
  if (first.record >= records) return [`W5: ${says}, before it was in the journal`];
  if (tookWaiting(result, first)) return [];
  const expected = replay.answers.get(commandId);
  if (!expected) return [`${says}, before it was at its end`];
  const difference = differs(comparable(expected, result), comparable(result, result));
  return difference ? [`${says}: ${difference} (in the journal, and as it was told)`] : [];
}

/** What is the same in a first answer and in its repetitions; fills and order only where it is the first. */
function comparable(result: CommandResult, told: CommandResult): unknown {
  if (result.status === 'refused') return { status: result.status, code: result.code };
  const { status, sequence, fills, order } = result;
  return told.repeated ? { status, sequence } : { status, sequence, fills, order };
}

/** A cancel that found its order waiting: the engine, which had not seen the order, refused it. */
const tookWaiting = (result: CommandResult, { command, events }: Done): boolean =>
  command.type === 'cancel' &&
  result.status === 'accepted' &&
  events[0]?.type === 'refused' &&
  events[0].code === 'unknown_order';

type AccountLeft = Extract<Left, { type: 'account' }>;

/** A view is the journal's state at its sequence number, and was durable. */
function auditAccount({ view, records }: AccountLeft, { done, credits }: Replay): string[] {
  const says = `the view of ${view.account} at ${view.sequence}`;
  const newest = done.findLast(({ events }) => lastOf(events) <= view.sequence);
  if (newest && newest.record >= records) return [`W5: ${says} left before its frame was there`];
  const then = credits.get(view.sequence);
  if (!then) return [`${says}: no command ended there`];
  return view.credit.flatMap(({ asset, freeUnits, heldUnits }) => {
    const known = then.get(`${view.account}#${asset}`) ?? { freeUnits: 0, heldUnits: 0 };
    const difference = differs(known, { freeUnits, heldUnits });
    return difference ? [`${says}: ${asset} ${difference}`] : [];
  });
}

/** Every engine that follows the journal is at each place what the naive one is. */
function auditState(
  { process, sequence, stateHash }: Extract<Left, { type: 'state' }>,
  { hashes }: Replay,
): string[] {
  const known = hashes.get(sequence);
  return known === stateHash
    ? []
    : [
        `the state of ${process} at ${sequence} has hash ${stateHash}, and ${known} by the naive engine`,
      ];
}

const lastOf = (events: readonly EngineEvent[]): number => events.at(-1)?.sequence ?? 0;

/** No trade is published that the journal does not hold, and none before it does. */
function auditTrades(left: readonly Left[], { done }: Replay): string[] {
  const recordOf = new Map<string, number>();
  for (const { events, record } of done)
    for (const event of events)
      if (event.type === 'trade') recordOf.set(tradeId(groupId, event.sequence), record);
  return left.flatMap((each) => {
    if (each.type !== 'trade') return [];
    const record = recordOf.get(each.tradeId);
    if (record === undefined) return [`trade ${each.tradeId} was published and is not there`];
    return record < each.records ? [] : [`W5: trade ${each.tradeId} was published too early`];
  });
}
