/** What the command line makes of dead letters, before a stage in memory. */
import { expect, test } from 'vitest';
import type { DeadLetter, DeadLetters } from '#cloud/dead-letters.ts';
import type { WorkQueue } from '#wire/queue-names.ts';
import { readDeadLetterWish } from '../../ops/dead-letter-wish.ts';
import { tendDeadLetters } from '../../ops/dead-letters.ts';
import { memoryOutbox, operationRow } from '../functions/outbox-world.ts';

const hour = 3_600_000;
const nowMs = 1_800_000_000_000;

/** Dead letters of a queue without order; `failing` are those that cannot be put back. */
function memoryLetters(bodies: object[], failing = false) {
  let left = bodies.map(
    (body, at): DeadLetter => ({
      ...{ messageId: `m${at}`, body: JSON.stringify(body), handle: `h${at}` },
      sentAtMs: nowMs - hour,
    }),
  );
  let hidden: DeadLetter[] = [];
  const sent: string[] = [];
  const drop = async ({ handle }: DeadLetter) => {
    hidden = hidden.filter((each) => each.handle !== handle);
  };
  const letters: DeadLetters = {
    count: async () => left.length + hidden.length,
    async take() {
      const taken = left.slice(0, 2);
      left = left.slice(2);
      hidden.push(...taken);
      return taken;
    },
    async release(shown) {
      hidden = hidden.filter((each) => !shown.includes(each));
      left.push(...shown);
    },
    async putBack(letter) {
      if (failing) throw new Error('the queue is away');
      sent.push(letter.messageId);
      await drop(letter);
    },
    async send({ outboxId }) {
      sent.push(outboxId);
    },
    drop,
  };
  return { letters, sent };
}

async function typed(line: string, queues: [WorkQueue, DeadLetters][], outbox = memoryOutbox()) {
  const said: string[] = [];
  let closed = 0;
  const code = await tendDeadLetters(line.split(' '), {
    reach: async () => ({
      queues: new Map(queues),
      outbox,
      close: () => {
        closed += 1;
      },
    }),
    say: (text) => said.push(text),
    complain: (text) => said.push(text),
    nowMs: () => nowMs,
  });
  return { code, said: said.join('\n'), closed };
}

test.each([
  ['dead-letters notify', 'dead-letters does not know what to do with "notify".'],
  ['dead-letters --all', 'dead-letters does not know what to do with "--all".'],
  ['dead-letters --stage moon', 'There is no stage "moon", only local, dev, prod.'],
  ['dead-letters --stage dev --state x', '--state is of a local cloud only.'],
  ['redrive', 'redrive takes a queue: notify, reconcile, settle, facts, guard, exports.'],
  [
    'redrive mail --all',
    'redrive takes a queue: notify, reconcile, settle, facts, guard, exports.',
  ],
  ['redrive notify', 'redrive takes --all, or --id and one id.'],
  ['redrive notify --all --id x', 'redrive takes --all, or --id and one id.'],
  ['redrive notify reconcile --all', 'redrive does not know what to do with "reconcile".'],
  ['redrive notify --everything', "Unknown option '--everything'"],
])('%s: %s', async (line, sentence) => {
  const { code, said } = await typed(line, []);
  expect(code).toBe(2);
  expect(said).toContain(sentence);
  expect(said).toContain('npm run ops -- --help');
});

test('a redrive says where and what', () => {
  expect(readDeadLetterWish(['redrive', 'exports', '--id', 'e1', '--stage', 'prod'])).toEqual({
    ...{ type: 'redrive', queue: 'exports', id: 'e1', stage: 'prod', json: false },
  });
});

test('a stage without dead letters ends with 0, one with any with 1', async () => {
  const none = await typed('dead-letters', [['notify', memoryLetters([]).letters]]);
  expect(none).toEqual({ code: 0, said: 'notify: 0 dead letters, 0 not done', closed: 1 });
  const some = await typed('dead-letters --json', [
    ['exports', memoryLetters([{ exportId: 'e1' }, { exportId: 'e2' }, {}]).letters],
  ]);
  expect(some.code).toBe(1);
  expect(JSON.parse(some.said)).toMatchObject({
    ok: false,
    queues: [
      { queue: 'exports', deadLetters: 3, waiting: [{ id: 'e1' }, { id: 'e2' }, { id: 'm2' }] },
    ],
  });
});

test('all are put back, or the one that is named; looking at them takes none away', async () => {
  const { letters, sent } = memoryLetters(['a', 'b', 'c'].map((exportId) => ({ exportId })));
  await typed('dead-letters', [['exports', letters]]);
  expect((await typed('redrive exports --id b', [['exports', letters]])).code).toBe(0);
  expect(sent).toEqual(['m1']);
  expect((await typed('redrive exports --id b', [['exports', letters]])).code).toBe(1);
  expect((await typed('redrive exports --all', [['exports', letters]])).code).toBe(0);
  expect([...sent].sort()).toEqual(['m0', 'm1', 'm2']);
  expect(await letters.count()).toBe(0);
});

test('a message that cannot be put back stays where it is', async () => {
  const { letters } = memoryLetters([{ exportId: 'a' }], true);
  const { code, said } = await typed('redrive exports --all', [['exports', letters]]);
  expect([code, said]).toEqual([1, 'the queue is away']);
  expect(await letters.count()).toBe(1);
});

test('a row that waits is sent by its id, dead letter or not', async () => {
  const { letters, sent } = memoryLetters([]);
  const outbox = memoryOutbox([operationRow('deposit-1', { atMs: nowMs - hour })]);
  const queues: [WorkQueue, DeadLetters][] = [['notify', letters]];
  const { code } = await typed('redrive notify --id operation#deposit-1', queues, outbox);
  expect([code, sent]).toEqual([0, ['operation#deposit-1']]);
});
