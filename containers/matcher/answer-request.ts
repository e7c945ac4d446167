/** What the matcher answers to a request at its door: reads it by its schema, asks the leader, and gives a status and a body. */
import * as z from 'zod';
import type { Refusal } from '#domain/refusal.ts';
import {
  chainHead,
  commandsRequest,
  creditDemand,
  type RememberedOrder,
} from '#wire/matcher-api.ts';
import { operatorRequest } from '#wire/operator-request.ts';
import { readOrderRequest } from '#wire/order-request.ts';
import { depthLevels } from './bounds.ts';
import type { Leader } from './leader.ts';
import type { Standby } from './standby.ts';

export type Door = {
  groupId: string;
  /** Undefined while this process does not lead, or no longer. */
  leader: () => Leader | undefined;
  /** Undefined where it leads, or follows no journal yet. */
  standby?: () => Pick<Standby, 'view'> | undefined;
  /** Whether the process is to be left alone; asked by whoever would replace it. */
  isAlive: () => boolean;
};

export type Asked = {
  method: string;
  /** With its query. */
  path: string;
  /** Undefined where it is larger than may be. */
  body: Buffer | undefined;
  /** The pair group that the sender means. */
  wantedGroup?: string | undefined;
};

/** Its body is JSON, or bytes of a form that who asked knows. */
export type Reply = { status: number; retryAfterSeconds?: number } & (
  | { json: string }
  | { bytes: Uint8Array }
);

/** Whom the answer goes to, at once or later. */
export type Asker = { answered(reply: Reply): void; failed(error: unknown): void };

export function answerRequest(asked: Asked, door: Door, asker: Asker): void {
  const { method, path, body } = asked;
  // Nearly all that comes: nothing of a path is taken apart for it, and no promise made.
  const isOrders = method === 'POST' && path === '/orders' && isMeant(asked, door);
  const leader = isOrders ? door.leader() : undefined;
  if (leader && body) orders(body, leader, asker);
  else
    answerOther(asked, door).then(
      (reply) => asker.answered(reply),
      (error) => asker.failed(error),
    );
}

const isMeant = ({ wantedGroup }: Asked, { groupId }: Door): boolean =>
  wantedGroup === undefined || wantedGroup === groupId;

async function answerOther(asked: Asked, door: Door): Promise<Reply> {
  const { method, path, body } = asked;
  const [name = '', query = ''] = path.split('?', 2);
  if (name === '/alive') return door.isAlive() ? answer({}) : unavailable('not_leader');
  if (body === undefined) return refuse(413, 'body_too_large');
  if (!isMeant(asked, door)) return unavailable('not_leader');
  if (method === 'GET' && name === '/standby') {
    const standby = door.standby?.();
    return standby ? answer(standby.view()) : refuse(404, 'not_found');
  }
  const leader = door.leader();
  if (!leader) return unavailable('not_leader');
  return route(`${method} ${name}`, { query, body, leader, groupId: door.groupId });
}

const answer = (body: unknown): Reply => ({ status: 200, json: JSON.stringify(body) });
const unavailable = (code: 'busy' | 'not_leader'): Reply => ({
  status: 503,
  json: JSON.stringify({ code }),
  retryAfterSeconds: 1,
});
const refuse = (status: number, code: Refusal, details?: unknown): Reply => ({
  status,
  json: JSON.stringify({ code, details }),
});

type Call = { query: string; body: Buffer; leader: Leader; groupId: string };

async function route(name: string, { query, body, leader, groupId }: Call): Promise<Reply> {
  switch (name) {
    case 'POST /commands':
      return commands(body, leader);
    case 'POST /operations':
      return operation(body, leader, groupId);
    case 'POST /credit/demand':
      return demand(body, leader);
    case 'POST /chain-head':
      return toldHead(body, leader);
    case 'GET /depth': {
      const wanted = new URLSearchParams(query);
      const levels = Number(wanted.get('levels') ?? 50);
      if (!Number.isInteger(levels) || levels < 1 || levels > depthLevels)
        return refuse(400, 'invalid_request');
      const depth = await leader.depth(wanted.get('market') ?? '', levels);
      return depth ? answer(depth) : refuse(404, 'unknown_market');
    }
    case 'GET /health':
      return answer(await leader.health());
  }
  const digest = /^GET \/orders\/(0x[0-9a-f]{64})$/.exec(name)?.[1];
  if (digest) return answer(await rememberedOrder(digest, leader));
  const account = /^GET \/accounts\/(0x[0-9a-fA-F]{40})$/.exec(name)?.[1]?.toLowerCase();
  return account ? answer(await leader.account(account)) : refuse(404, 'not_found');
}

async function rememberedOrder(digest: string, leader: Leader): Promise<RememberedOrder> {
  const order = await leader.order(digest);
  return order ? { order } : {};
}

/** New orders: nearly all that comes. Verified by the function that sends them; the matcher trusts its security group. */
function orders(body: Buffer, leader: Leader, asker: Asker): void {
  const read = readOrderRequest(body);
  if (!read) {
    asker.answered(refuse(400, 'invalid_request'));
    return;
  }
  const { epoch } = leader;
  const taken = leader.place(read, (answers) =>
    asker.answered({ status: 200, bytes: answers.take(epoch) }),
  );
  if (taken !== 'taken') asker.answered(unavailable(taken));
}

async function commands(body: Buffer, leader: Leader): Promise<Reply> {
  const parsed = parse(commandsRequest, body);
  if ('refusal' in parsed) return parsed.refusal;
  const { epoch } = leader;
  const answered = leader.execute(parsed.value.commands, (results) => answer({ epoch, results }));
  return answered === 'busy' || answered === 'not_leader' ? unavailable(answered) : answered;
}

async function operation(body: Buffer, leader: Leader, groupId: string): Promise<Reply> {
  const parsed = parse(operatorRequest, body);
  if ('refusal' in parsed) return parsed.refusal;
  const request = parsed.value;
  // A market of another group is not this journal's to know.
  if (request.type === 'list_market' && request.market.groupId !== groupId)
    return refuse(400, 'invalid_request', `the market's group is not ${groupId}`);
  const { epoch } = leader;
  const answered = leader.execute([request], ([result]) => answer({ epoch, result }));
  return answered === 'busy' || answered === 'not_leader' ? unavailable(answered) : answered;
}

async function demand(body: Buffer, leader: Leader): Promise<Reply> {
  const parsed = parse(creditDemand, body);
  if ('refusal' in parsed) return parsed.refusal;
  const { account, asset } = parsed.value;
  return answer({ returnedUnits: await leader.demand(account.toLowerCase(), asset) });
}

function toldHead(body: Buffer, leader: Leader): Reply {
  const parsed = parse(chainHead, body);
  if ('refusal' in parsed) return parsed.refusal;
  leader.chainHead(parsed.value);
  return answer({});
}

type Parsed<T> = { value: T } | { refusal: Reply };

function parse<T>(schema: z.ZodType<T>, body: Buffer): Parsed<T> {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return { refusal: refuse(400, 'malformed_json') };
  }
  const parsed = schema.safeParse(json);
  return parsed.success
    ? { value: parsed.data }
    : { refusal: refuse(400, 'invalid_request', z.prettifyError(parsed.error)) };
}
