/** An account is called idle once nothing happened to it for as long as was asked, and not before. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdleWatch } from '../../containers/matcher/idle-watch.ts';
import { VirtualTime } from './virtual-time.ts';

const idleMs = 100;
const acts = fc.array(
  fc.record({
    account: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    act: fc.constantFrom('watch' as const, 'watch' as const, 'watch' as const, 'forget' as const),
    thenMs: fc.nat(40),
  }),
  { maxLength: 120 },
);

test('an account is due so long after it was watched last, unless it was forgotten since', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (all) => {
      const time = new VirtualTime();
      const told: { account: string; atMs: number }[] = [];
      const idle = createIdleWatch(idleMs, time, (account) =>
        told.push({ account, atMs: time.clock.monotonicMs() }),
      );
      const expected: { account: string; atMs: number }[] = [];
      const since = new Map<string, number>();
      const passed = (nowMs: number) => {
        for (const [account, atMs] of since)
          if (atMs + idleMs <= nowMs) {
            expected.push({ account, atMs: atMs + idleMs });
            since.delete(account);
          }
      };
      for (const { account, act, thenMs } of all) {
        if (act === 'watch') {
          idle.watch(account);
          since.set(account, time.clock.monotonicMs());
        } else {
          idle.forget(account);
          since.delete(account);
        }
        await time.pass(thenMs);
        passed(time.clock.monotonicMs());
      }
      await time.pass(idleMs);
      passed(time.clock.monotonicMs());
      expect(byTime(told)).toEqual(byTime(expected));
      idle.stop();
    }),
  );
});

const byTime = (all: { account: string; atMs: number }[]) =>
  all.map(({ account, atMs }) => `${String(atMs).padStart(9)} ${account}`).sort();
