/** Asks a leader as its door does, and reads its answers as functions do: orders and their answers pass as bytes. */
import type { CommandRequest, CommandResult } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { readOrderAnswers } from '#wire/order-answers.ts';
import { batchLimit } from '#wire/order-body.ts';
import { encodeOrderRequest, readOrderRequest } from '#wire/order-request.ts';
import type { Leader } from '../../containers/matcher/leader.ts';

type AnyRequest = CommandRequest | OperatorRequest;
type PlaceRequest = Extract<AnyRequest, { type: 'place' }>;
type Answered = Promise<CommandResult[]> | 'busy' | 'not_leader';
type Asked = Pick<Leader, 'execute' | 'place'>;

const isOrder = (request: AnyRequest): request is PlaceRequest => request.type === 'place';

/** One request of orders, or of other commands; several where both are mixed or are too many, in their order. Where one is not taken, that is the answer. */
export function askLeader(leader: Asked, requests: readonly AnyRequest[]): Answered {
  const runs = runsOf(requests).map((run) => askRun(leader, run));
  const refused = runs.find((each) => typeof each === 'string');
  if (refused !== undefined) return refused;
  return Promise.all(runs as Promise<CommandResult[]>[]).then((results) => results.flat());
}

function askRun(leader: Asked, run: readonly AnyRequest[]): Answered {
  const orders = run.filter(isOrder);
  const others = run.filter((each) => !isOrder(each));
  if (orders.length === 0) return leader.execute(others, (results) => results);
  const read = readOrderRequest(Buffer.from(encodeOrderRequest(orders)));
  if (!read) throw new Error('what was encoded does not read');
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const taken = leader.place(read, (answers) => resolve(answers.take(1)));
  if (taken !== 'taken') return taken;
  return promise.then((bytes) => readOrderAnswers(bytes, orders).results);
}

function runsOf(requests: readonly AnyRequest[]): AnyRequest[][] {
  const runs: AnyRequest[][] = [];
  for (const request of requests) {
    const last = runs.at(-1);
    const isAlike = last?.[0] && isOrder(last[0]) === isOrder(request);
    if (isAlike && last.length < batchLimit) last.push(request);
    else runs.push([request]);
  }
  return runs;
}
