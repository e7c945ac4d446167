/** The order in which a leader's frames are put and what was derived from them leaves. */
import { expect, test } from 'vitest';
import { genesisHash } from '#wire/journal-frame.ts';
import { Journal } from '../../containers/matcher/journal.ts';
import { MemoryJournal } from './memory-journal.ts';
import { VirtualTime } from './virtual-time.ts';

/** A journal behind its epoch record; `room` is what it does when commands may be applied. */
function opened(room: () => void = () => {}) {
  const time = new VirtualTime();
  const stream = new MemoryJournal(time.timers);
  const told: string[] = [];
  const lease = { isHeld: true };
  const from = { epoch: 1, nonce: '', frame: 0, chain: genesisHash, lastSequence: 0, clock: 0 };
  const journal = new Journal({
    ...{ groupId: 'majors', rulesVersion: 1, hashSecret: 7, after: '', room },
    ...{ clock: time.clock, timers: time.timers, writer: stream.connect().writer },
    from: { ...from, shardSequence: '' },
    lease: { isSurelyHeld: () => lease.isHeld },
    doubted: ({ message }) => told.push(message),
    closing:
      ({ header }) =>
      () =>
        told.push(`frame ${header.frame} of ${stream.tried.length} tried`),
    eventHash: () => '0'.repeat(16),
    stateCheck: () => undefined,
    putTook: () => {},
  });
  let sequence = 0;
  /** A command and its answer. */
  const command = (commandId: string) => {
    sequence += 1;
    const nowMs = time.clock.nowMs();
    journal.append({ type: 'tick', commandId, nowMs }, [{ type: 'accepted', sequence, commandId }]);
    journal.whenDurable(() => told.push(commandId));
  };
  return { time, stream, told, lease, journal, command };
}

test('the next frame is on its way before what came of the one before it leaves', async () => {
  const { time, told, journal, command } = opened();
  for (const commandId of ['one', 'two', 'three']) {
    command(commandId);
    journal.flush();
  }
  await time.pass(100);
  expect(told).toEqual(['frame 1 of 2 tried', 'one', 'frame 2 of 2 tried', 'two', 'three']);
});

test('what may leave at once does not overtake what is about to', async () => {
  const { time, stream, told, journal, command } = opened(() => {
    if (stream.records.length === 1) journal.whenDurable(() => told.push('asked between'));
  });
  command('one');
  journal.flush();
  await time.pass(100);
  expect(told).toEqual(['frame 1 of 1 tried', 'one', 'asked between']);
});

test('nothing leaves where the lease ran out between the put and that', async () => {
  const { time, stream, told, lease, journal, command } = opened(() => {
    lease.isHeld = stream.records.length === 0;
  });
  command('one');
  journal.flush();
  await time.pass(100);
  expect(stream.records).toHaveLength(1);
  expect(told).toEqual(['the lease ran out before an answer could leave']);
  expect(journal.hasRoom).toBe(false);
});

test('a journal is drained when the last answer has left', async () => {
  const { time, told, journal, command } = opened();
  for (const commandId of ['one', 'two']) {
    command(commandId);
    journal.flush();
  }
  const drained = journal.drained().then(() => told.push('drained'));
  await time.until(drained);
  expect(told.slice(-2)).toEqual(['two', 'drained']);
  await time.until(journal.drained());
});

test('nothing leaves once a journal has stopped', async () => {
  const { time, stream, told, journal, command } = opened(() => {
    if (stream.records.length === 1) journal.stop();
  });
  command('one');
  journal.flush();
  await time.pass(100);
  expect(stream.records).toHaveLength(1);
  expect(told).toEqual([]);
});

test('a full frame is on its way before what waits behind it is applied', async () => {
  let waiting = 1_000;
  const whenAsked: { waiting: number; tried: number }[] = [];
  const { time, stream, told, journal, command } = opened(() => {
    whenAsked.push({ waiting, tried: stream.tried.length });
    pump();
  });
  const pump = () => {
    for (; waiting > 0 && journal.hasRoom; waiting -= 1) command(`${waiting}`.padEnd(1_000));
    journal.flush();
  };
  pump();
  await time.pass(1_000);
  // A thousand bytes each: 256 KiB are some 260 of them.
  const first = whenAsked[0]?.waiting ?? 0;
  expect(Math.round(first / 100)).toBe(7);
  expect(whenAsked[0]).toEqual({ waiting: first, tried: 1 });
  expect(waiting).toBe(0);
  expect(told.filter((each) => !each.startsWith('frame'))).toHaveLength(1_000);
  expect(stream.mostInFlight).toBe(1);
});
