import { expect, test } from 'vitest';
import { callCreditBack } from '#cloud/call-credit-back.ts';
import { MatcherUnavailable } from '#cloud/matcher-client.ts';

const called = { account: '0xa', asset: 'USDC' };
const never = new Promise<never>(() => {});

test('every group is asked, and what they return is summed', async () => {
  const asked: unknown[] = [];
  const matchers = {
    demandCredit: async (groupId: string, demand: typeof called) => {
      asked.push({ groupId, ...demand });
      return { returnedUnits: groupId === 'majors' ? 70 : 5 };
    },
  };
  const groups = ['majors', 'alts'];
  expect(await callCreditBack({ matchers, groups, patience: () => never }, called)).toEqual({
    returnedUnits: 75n,
    unanswered: [],
  });
  expect(asked).toEqual(groups.map((groupId) => ({ groupId, ...called })));
});

test('a group that nobody leads, or that is silent, is named and holds up no other', async () => {
  const matchers = {
    demandCredit: (groupId: string) => {
      if (groupId === 'dead') throw new MatcherUnavailable('unavailable', 'nobody leads');
      return groupId === 'silent' ? never : Promise.resolve({ returnedUnits: 9 });
    },
  };
  const ports = {
    matchers: { demandCredit: async (groupId: string) => matchers.demandCredit(groupId) },
    groups: ['dead', 'majors', 'silent'],
    patience: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  // The others' answers are there before patience ends.
  expect(await callCreditBack(ports, called)).toEqual({
    returnedUnits: 9n,
    unanswered: ['dead', 'silent'],
  });
});

test('of no groups nothing comes back', async () => {
  const matchers = { demandCredit: () => never };
  expect(await callCreditBack({ matchers, groups: [], patience: () => never }, called)).toEqual({
    returnedUnits: 0n,
    unanswered: [],
  });
});
