import { Wallet } from 'ethers';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FollowPorts } from '#cloud/follow-facts.ts';
import { isRefused } from '#cloud/http-edge.ts';
import { approvePayout, rejectPayout } from '#cloud/withdrawal-review.ts';
import { isPayoutOver, openPayouts } from '#cloud/withdrawal-store.ts';
import { units } from '#domain/amount.ts';
import { storyVault } from './chain-story.ts';
import { account, elsewhere, eth, terms, unit, withdrawalWorld } from './withdrawal-world.ts';

let at: ReturnType<typeof withdrawalWorld>;
const minute = 60_000;

beforeEach(async () => {
  at = withdrawalWorld();
  await at.fund(1_000);
});

const codeOf = async (...asked: Parameters<typeof at.ask>) => {
  const answer = await at.ask(...asked);
  return isRefused(answer) ? answer.refused : answer.status;
};
const place = () => ({
  client: at.memory.client,
  table: 'chain',
  clock: { nowMs: () => at.world.nowMs },
});

describe('a withdrawal', () => {
  test('is held, signed, sent, and finished when the chain says so for good', async () => {
    const withdraw = at.withdraw();
    const digest = at.digestOf(withdraw);
    expect(await at.ask(withdraw)).toMatchObject({
      status: 201,
      body: { stage: 'held', status: 'held', amount: '0.000001', recipient: account },
    });
    expect(await at.money()).toEqual({ available: 900n, demanded: 0n, withdrawing: 100n });
    await at.wake();
    expect(await at.stage(digest)).toBe('broadcast/held');
    await at.mine({ final: false });
    await at.wake();
    expect(await at.stage(digest)).toBe('broadcast/held');
    at.story.finalize(at.story.head());
    await at.wake();
    expect(await at.stage(digest)).toBe('confirmed/finished');
    expect(await at.money()).toEqual({ available: 900n, demanded: 0n, withdrawing: 0n });
    expect(await openPayouts(place())).toEqual([]);
  });

  test('asked for again is the same one, also when it is over and its deadline has passed', async () => {
    const withdraw = at.withdraw();
    expect(await codeOf(withdraw)).toBe(201);
    expect(await codeOf(withdraw)).toBe(200);
    await at.wake();
    await at.mine();
    await at.wake();
    at.world.nowMs += 60 * minute;
    expect(await at.ask(withdraw)).toMatchObject({ status: 200, body: { stage: 'confirmed' } });
    expect(await at.money()).toMatchObject({ available: 900n, withdrawing: 0n });
  });

  test('is signed only behind the batch that holds all that was matched before', async () => {
    at.world.planned = undefined;
    const withdraw = at.withdraw();
    await at.ask(withdraw);
    await at.wake();
    expect(await at.stage(at.digestOf(withdraw))).toBe('held/held');
    at.world.planned = 7n;
    await at.wake();
    expect(await at.stage(at.digestOf(withdraw))).toBe('signed/held');
    expect(at.sent.size).toBe(0);
    at.world.lastBatch = 7n;
    await at.wake();
    expect(await at.payoutOf(at.digestOf(withdraw))).toMatchObject({
      status: 'broadcast',
      afterBatch: 7n,
    });
  });

  test('waits until its funds come back, and then holds them', async () => {
    await at.ledger.grant({
      ...{ account, asset: 'ETH', groupId: 'majors', atMs: 1 },
      ...{ least: units(950), most: units(950) },
    } as never);
    const withdraw = at.withdraw();
    expect(await at.ask(withdraw)).toMatchObject({
      body: { stage: 'requested', status: 'demanded' },
    });
    expect(at.world.calledBack).toBe(1);
    await at.ledger.deposit({
      ...{ operationId: 'more', account, asset: 'ETH', units: units(60), atMs: 2 },
    });
    await at.wake();
    expect(await at.stage(at.digestOf(withdraw))).toBe('broadcast/held');
  });
});

describe('a withdrawal that cannot be', () => {
  test('is refused by the first rule that it breaks', async () => {
    const stranger = new Wallet(`0x${'33'.repeat(32)}`);
    expect(await codeOf(at.withdraw(), undefined, stranger)).toBe('bad_signature');
    expect(await codeOf(at.withdraw({ asset: '0x77' }))).toBe('unknown_asset');
    expect(await codeOf(at.withdraw({ amount: unit + 1n }))).toBe('amount_not_whole');
    expect(await codeOf(at.withdraw({ amount: 0n }))).toBe('amount_not_whole');
    expect(await codeOf(at.withdraw({ recipient: `0x${'00'.repeat(20)}` }))).toBe('bad_recipient');
    expect(await codeOf(at.withdraw({ recipient: storyVault }))).toBe('bad_recipient');
    expect(await codeOf(at.withdraw({ recipient: eth.chainAsset }))).toBe('bad_recipient');
    const near = at.world.nowMs + terms.deadlineAtLeastMs - 1;
    expect(await codeOf(at.withdraw({ deadlineMs: near }))).toBe('bad_deadline');
    const far = at.world.nowMs + terms.deadlineAtMostMs + 1;
    expect(await codeOf(at.withdraw({ deadlineMs: far }))).toBe('bad_deadline');
    expect(await codeOf(at.withdraw({ amount: 1_001n * unit }))).toBe('balance_too_low');
    expect(await openPayouts(place())).toEqual([]);
    expect(await at.money()).toEqual({ available: 1_000n, demanded: 0n, withdrawing: 0n });
  });

  test("passes no day's limit together with others, and another day has its own", async () => {
    await at.fund(5_000);
    const ask = (withdrawalId: bigint, amount: bigint) =>
      codeOf(at.withdraw({ withdrawalId, amount: amount * unit }));
    expect(await ask(1n, 400n)).toBe(201);
    expect(await ask(2n, 400n)).toBe(201);
    expect(await ask(3n, 201n)).toBe('withdrawal_limit_reached');
    expect(await ask(4n, 200n)).toBe(201);
    expect(await ask(5n, 1n)).toBe('withdrawal_limit_reached');
    at.world.nowMs += 24 * 60 * minute;
    expect(await ask(6n, 400n)).toBe(201);
  });

  test('that nobody can pay is given back when its deadline has passed for good, and not before', async () => {
    at.world.reverts = true;
    const withdraw = at.withdraw();
    const digest = at.digestOf(withdraw);
    await at.ask(withdraw);
    await at.wake();
    expect(await at.payoutOf(digest)).toMatchObject({
      status: 'signed',
      problem: expect.any(String),
    });
    at.world.nowMs = withdraw.deadlineMs + minute;
    await at.wake();
    expect(await at.stage(digest)).toBe('signed/held');
    at.passTo(withdraw.deadlineMs);
    await at.wake();
    expect(await at.stage(digest)).toBe('signed/held');
    at.passTo(withdraw.deadlineMs + 1_000);
    await at.wake();
    expect(await at.stage(digest)).toBe('returned/returned');
    expect(await at.money()).toEqual({ available: 1_000n, demanded: 0n, withdrawing: 0n });
  });
});

describe('a withdrawal that was signed', () => {
  test('whose funds an exit took waits for its deadline, says so, and is paid should they be there again', async () => {
    at.world.isShort = true;
    const withdraw = at.withdraw();
    const digest = at.digestOf(withdraw);
    await at.ask(withdraw);
    await at.wake();
    expect(await at.shown(digest)).toMatchObject({ stage: 'signed', waitsForDeadline: true });
    at.world.isShort = false;
    at.world.reverts = true;
    await at.wake();
    expect(await at.shown(digest)).not.toHaveProperty('waitsForDeadline');
    at.world.isShort = true;
    await at.wake();
    expect(await at.shown(digest)).toMatchObject({ waitsForDeadline: true });
    expect(await at.stage(digest)).toBe('signed/held');
    Object.assign(at.world, { isShort: false, reverts: false });
    await at.wake();
    expect(await at.shown(digest)).not.toHaveProperty('waitsForDeadline');
    await at.mine();
    await at.wake();
    expect(await at.stage(digest)).toBe('confirmed/finished');
  });

  test('whose transaction was mined and reverted is sent once more, and paid', async () => {
    const withdraw = at.withdraw();
    await at.ask(withdraw);
    await at.wake();
    at.world.reverts = true;
    await at.mine();
    at.world.reverts = false;
    await at.wake();
    expect(at.sent.size).toBe(2);
    await at.mine();
    await at.wake();
    expect(await at.stage(at.digestOf(withdraw))).toBe('confirmed/finished');
  });
});

describe('a withdrawal and people', () => {
  test('its owner may send it himself: the chain decides', async () => {
    at.world.reverts = true;
    const withdraw = at.withdraw();
    await at.ask(withdraw);
    await at.wake();
    at.world.reverts = false;
    await at.payByOwner(at.digestOf(withdraw));
    await at.wake();
    expect(await at.stage(at.digestOf(withdraw))).toBe('confirmed/finished');
    expect(at.surprises).toEqual([]);
  });

  test('to a new address waits, and to the same one later no longer', async () => {
    const named = { recipient: elsewhere, deadlineMs: at.world.nowMs + 120 * minute };
    expect(await codeOf(at.withdraw({ ...named, deadlineMs: at.world.nowMs + 30 * minute }))).toBe(
      'bad_deadline',
    );
    const first = at.withdraw(named);
    await at.ask(first);
    await at.wake();
    expect(await at.stage(at.digestOf(first))).toBe('held/held');
    at.world.nowMs += terms.newRecipientDelayMs;
    await at.wake();
    expect(await at.stage(at.digestOf(first))).toBe('broadcast/held');
    const second = at.withdraw({ recipient: elsewhere, withdrawalId: 2n });
    await at.ask(second);
    await at.wake();
    expect(await at.stage(at.digestOf(second))).toBe('broadcast/held');
  });

  test('a large one waits for an operator, who approves or rejects it before it is signed', async () => {
    const [one, two] = [1n, 2n].map((withdrawalId) =>
      at.withdraw({ withdrawalId, amount: 500n * unit }),
    );
    if (!one || !two) throw new Error('two withdrawals');
    for (const withdraw of [one, two]) await at.ask(withdraw);
    await at.wake();
    expect(await at.stage(at.digestOf(one))).toBe('review/held');
    const approved = { digest: at.digestOf(one), by: 'ann' };
    expect(await approvePayout(place(), approved)).toMatchObject({ result: 'approved' });
    const rejected = { digest: at.digestOf(two), by: 'ann', why: 'a stolen key' };
    expect(await rejectPayout(place(), rejected)).toMatchObject({ result: 'rejected' });
    await at.wake();
    expect(await at.stage(at.digestOf(one))).toBe('broadcast/held');
    expect(await at.payoutOf(at.digestOf(one))).toMatchObject({ approval: { by: 'ann' } });
    expect(await at.stage(at.digestOf(two))).toBe('returned/returned');
    expect(await rejectPayout(place(), { ...approved, why: 'late' })).toMatchObject({
      result: 'too_late',
    });
    expect(await at.money()).toEqual({ available: 500n, demanded: 0n, withdrawing: 500n });
  });
});

/** The client of a process that dies at its nth call, before or after that call had its effect. */
function mortal(client: FollowPorts['client'], dies: { atCall: number; after: boolean }) {
  let calls = 0;
  const send = async (command: never) => {
    calls += 1;
    if (calls === dies.atCall && !dies.after) throw new Error('died');
    const answer = await client.send(command);
    if (calls === dies.atCall && dies.after) throw new Error('died');
    return answer;
  };
  return { send } as unknown as FollowPorts['client'];
}

describe('whoever dies', () => {
  test('at any call, before or after it, leaves a withdrawal that the next one ends, paid once', async () => {
    for (const after of [false, true])
      for (let atCall = 1, died = true; died; atCall += 1) {
        at = withdrawalWorld();
        await at.fund(1_000);
        const withdraw = at.withdraw();
        died = false;
        const dying = () => mortal(at.memory.client, { atCall, after });
        const fell = () => {
          died = true;
        };
        await at.ask(withdraw, dying()).catch(fell);
        await at.ask(withdraw);
        await at.wake(dying()).catch(fell);
        await at.wake();
        await at.mine();
        await at.wake(dying()).catch(fell);
        await at.wake();
        expect(await at.stage(at.digestOf(withdraw))).toBe('confirmed/finished');
        expect(await at.money()).toEqual({ available: 900n, demanded: 0n, withdrawing: 0n });
        expect(at.sent.size).toBe(1);
      }
  });
});

const act = fc.constantFrom(
  ...(['ask', 'askDying', 'wake', 'wakeDying', 'wakeTwice', 'mine', 'mineUnsure'] as const),
  ...(['settle', 'late', 'reject', 'owner', 'revert', 'wake', 'mine'] as const),
);
const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 60);

async function happen(
  what: string,
  withdraw: ReturnType<typeof at.withdraw>,
  dying: FollowPorts['client'],
): Promise<void> {
  const digest = at.digestOf(withdraw);
  const isAsked = (await openPayouts(place())).length > 0;
  if (what === 'ask') await at.ask(withdraw);
  if (what === 'askDying') await at.ask(withdraw, dying).catch(() => undefined);
  if (what === 'wake') await at.wake();
  if (what === 'wakeDying') await at.wake(dying).catch(() => undefined);
  if (what === 'wakeTwice') await Promise.all([at.wake(), at.wake()]);
  if (what === 'mine') await at.mine();
  if (what === 'mineUnsure') await at.mine({ final: false });
  if (what === 'settle') [at.world.planned, at.world.lastBatch] = [3n, at.world.lastBatch + 2n];
  if (what === 'late') at.world.nowMs += 20 * minute;
  if (what === 'reject' && isAsked)
    await rejectPayout(place(), { digest, by: 'ann', why: 'because' });
  if (what === 'revert') at.world.reverts = !at.world.reverts;
  if (what === 'owner' && isAsked && !at.paid.has(digest)) {
    const { status } = await at.payoutOf(digest);
    const isLate = at.story.headAtMs() + 1_000 > withdraw.deadlineMs;
    if ((status === 'signed' || status === 'broadcast') && !isLate) await at.payByOwner(digest);
  }
}

describe('whatever happens', () => {
  test('in any order of everything that happens, either it was paid and has left, or not and is back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(act, fc.integer({ min: 1, max: 25 }), fc.boolean()), { maxLength: 25 }),
        async (acts) => {
          at = withdrawalWorld();
          await at.fund(1_000);
          const withdraw = at.withdraw();
          const digest = at.digestOf(withdraw);
          for (const [what, atCall, after] of acts) {
            const dying = mortal(at.memory.client, { atCall, after });
            await happen(what, withdraw, dying);
          }
          at.world.reverts = false;
          at.world.lastBatch = 99n;
          if (isRefused(await at.ask(withdraw))) {
            // It came too late for the first time.
            expect(await at.money()).toMatchObject({ available: 1_000n, demanded: 0n });
            return;
          }
          await at.wake();
          await at.mine();
          at.passTo(withdraw.deadlineMs + 1_000);
          await at.wake();
          await at.wake();
          const wasPaid = at.paid.has(digest);
          const left = wasPaid ? 100n : 0n;
          expect(await at.money()).toEqual({
            available: 1_000n - left,
            demanded: 0n,
            withdrawing: 0n,
          });
          const payout = await at.payoutOf(digest);
          expect(payout.status).toBe(wasPaid ? 'confirmed' : 'returned');
          expect(isPayoutOver(payout)).toBe(!wasPaid);
          expect(at.surprises).toEqual([]);
        },
      ),
      { numRuns: runs },
    );
  });
});
