import { expect, test } from 'vitest';
import type { SenderState } from '#cloud/transaction-sender.ts';
import { followSenders } from '../../functions/sender/follow-senders.ts';

const state: SenderState = { oldestUnminedMs: 0, unmined: 0, balanceAtoms: 1n, batchesCovered: 9 };

function world() {
  let nowMs = 0;
  const problems: string[] = [];
  const ports = {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    pause: async (ms: number) => {
      nowMs += ms;
    },
    report: (problem: string) => problems.push(problem),
  };
  return { ports, problems };
}

test('each key is followed until the run is over, and once where it has no time', async () => {
  const { ports } = world();
  let passes = 0;
  const advance = async () => {
    passes += 1;
  };
  const senders = [{ key: 'operator', sender: { advance, state: async () => state } }];
  const followed = await followSenders({ ...ports, senders }, { lastsMs: 5_000, pollMs: 1_000 });
  expect(followed).toEqual({ passes, states: { operator: state } });
  expect(passes).toBe(5);
  await followSenders({ ...ports, senders }, { lastsMs: -1, pollMs: 1_000 });
  expect(passes).toBe(6);
});

test("one key's trouble does not stop another's, and what passed is no failure", async () => {
  const { ports, problems } = world();
  let tried = 0;
  let passes = 0;
  const troubled = async () => {
    tried += 1;
    if (tried < 3) throw new Error('no node answers');
  };
  const calm = async () => {
    passes += 1;
  };
  const senders = [
    { key: 'operator', sender: { advance: troubled, state: async () => state } },
    { key: 'faucet', sender: { advance: calm, state: async () => state } },
  ];
  await followSenders({ ...ports, senders }, { lastsMs: 3_000, pollMs: 1_000 });
  expect(passes).toBe(3);
  expect(problems).toHaveLength(2);
});

test('trouble that stays is thrown', async () => {
  const { ports } = world();
  const advance = async () => {
    throw new Error('no node answers');
  };
  const senders = [{ key: 'operator', sender: { advance, state: async () => state } }];
  const run = followSenders({ ...ports, senders }, { lastsMs: 3_000, pollMs: 1_000 });
  await expect(run).rejects.toThrow('no node answers');
});
