import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Item } from '#cloud/batch-items.ts';
import { type RebuildPorts, type RebuildReport, rebuildLedger } from '#cloud/rebuild-ledger.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { account } from './clearing-journal.ts';
import { allItems, copyOf } from './ledger-twin.ts';
import { RebuildWorld } from './rebuild-world.ts';

let twin: DynamoTwin;
let world: RebuildWorld;
let sound: Item[];
beforeAll(async () => {
  twin = await startDynamo('unused');
  world = await RebuildWorld.open(twin);
  sound = await allItems(twin.client, world.table);
});
afterAll(() => twin.stop());

test('a ledger built anew from journal and operations is the ledger, item by item, whatever the shadow held before', async () => {
  const { client } = twin;
  await client.send(new PutCommand({ TableName: world.shadowTable, Item: { pk: 'x', sk: 'y' } }));
  const report = await rebuildLedger(world.ports);
  expect(report).toMatchObject({ ok: true, isWhole: true, differences: [], unsettled: [] });
  expect(report.compared['ENTRIES']).toBeGreaterThan(50);
  // Whole enough to take the other one's place.
  expect(await allItems(client, world.shadowTable)).toEqual(sound);
});

/** A copy of the sound ledger, changed by hand. */
async function planted(change: (items: Item[]) => Item[]): Promise<RebuildPorts> {
  const table = await copyOf(twin.client, change(structuredClone(sound)));
  const shadow = { client: twin.client, table: await newTable() };
  return { ...world.ports, ledger: { client: twin.client, table }, shadow };
}

const at = (items: Item[], pk: RegExp, sk: RegExp, where: (item: Item) => boolean = () => true) => {
  const found = items.find(
    (item) => pk.test(String(item['pk'])) && sk.test(String(item['sk'])) && where(item),
  );
  if (!found) throw new Error(`no item ${pk} ${sk}`);
  return found;
};

/** One more of an attribute, whatever it is. */
const more = (value: unknown): unknown => (typeof value === 'bigint' ? value + 1n : `${value}1`);

const stamped = (item: Item) => 'transferClock' in item;
const kinds: [string, RegExp, RegExp, string, ((item: Item) => boolean)?][] = [
  ['what is available', /^ACCOUNT#0x/, /^BALANCE#/, 'available'],
  ['what may be granted', /^ACCOUNT#0x/, /^BALANCE#/, 'grantable'],
  ['what is demanded', /^ACCOUNT#0x0+2$/, /^BALANCE#USDC/, 'demanded'],
  ['what is set aside', /^ACCOUNT#0x0+2$/, /^BALANCE#USDC/, 'withdrawing'],
  ["the vault's line", /^ACCOUNT#house:vault/, /^BALANCE#ETH/, 'available'],
  ['the time of the last operation', /^ACCOUNT#0x/, /^BALANCE#/, 'operatedAtMs'],
  ['the number of returns', /^ACCOUNT#0x/, /^BALANCE#/, 'returns', (item) => 'returns' in item],
  ['a clock that came along', /^ACCOUNT#.*vault$/, /^BALANCE#/, 'transferClock', stamped],
  ['a clock', /^ACCOUNT#0x/, /^BALANCE#/, 'clock#g1', (item) => 'clock#g1' in item],
  ['the newest grant', /^ACCOUNT#0x/, /^BALANCE#/, 'grantNumber#g1', (item) => 'clock#g1' in item],
  ['its units', /^ACCOUNT#0x/, /^BALANCE#/, 'grantedUnits#g1', (item) => 'clock#g1' in item],
  ['what came back', /^ACCOUNT#0x/, /^BALANCE#/, 'returnedUnits#g1', (item) => 'clock#g1' in item],
  ['what is frozen', /^ACCOUNT#0x/, /^CREDIT#.*g2/, 'frozen'],
  ['frozen fees', /^ACCOUNT#house:fees/, /^CREDIT#/, 'frozen'],
  ['the number of grants', /^ACCOUNT#0x/, /^CREDIT#/, 'grantNumber'],
  ['a pending grant', /^ACCOUNT#0x/, /^CREDIT#/, 'pendingUnits', (item) => 'pendingUnits' in item],
  ['the row of a pending grant', /^PENDING#/, /./, 'units'],
  ["a run's entry", /^ENTRIES#0x/, /#g1#/, 'frozenUnits'],
  ['what was frozen after it', /^ENTRIES#0x/, /#g1#/, 'frozenAfterUnits'],
  ['its trades', /^ENTRIES#0x/, /#g1#/, 'trades', (item) => item['trades'] !== ''],
  ["an operation's entry", /^ENTRIES#0x/, /#op-/, 'availableUnits'],
  ['the other side', /^ENTRIES#house:vault/, /#op-/, 'counterparty'],
  ['what was set aside after it', /^ENTRIES#0x/, /w-held/, 'withdrawingAfterUnits'],
  ['a list of deposits', /^DEPOSITS#/, /./, 'units'],
  ['a run', /^RUNS#g1/, /./, 'trades'],
  ['where a run begins', /^RUNS#g1/, /./, 'fromFrame'],
  ['where a run ends in the stream', /^RUNS#g2/, /./, 'toShardSequence'],
  ['a withdrawal', /^WITHDRAWAL#w-held/, /./, 'units'],
];

/** Differences that would say the same of each other are planted in two ledgers. */
describe.each([0, 1])('a planted difference is found, and named (%i)', (ledger) => {
  let report: RebuildReport;
  const planting = kinds.filter((_, at) => at % 2 === ledger);
  const names: object[] = [];
  beforeAll(async () => {
    const ports = await planted((items) => {
      for (const [, pk, sk, attribute, where] of planting) {
        const item = at(items, pk, sk, where);
        names.push({ pk: item['pk'], sk: item['sk'], attribute });
        item[attribute] = more(item[attribute]);
      }
      return items;
    });
    report = await rebuildLedger(ports);
  });

  test.each(planting.map(([name], at): [string, number] => [name, at]))('in %s', (_, at) => {
    expect(report.differences).toContainEqual(expect.objectContaining(names[at]));
  });

  test('and nothing else', () => {
    expect(report.ok).toBe(false);
    expect(report.differences).toHaveLength(names.length);
  });
});

describe('a planted difference is found, and named', () => {
  test('in a withdrawal that went back', async () => {
    const ports = await planted((items) => {
      at(items, /^WITHDRAWAL#w-finished/, /./)['status'] = 'held';
      return items;
    });
    expect((await rebuildLedger(ports)).differences).toMatchObject([
      { pk: 'WITHDRAWAL#w-finished', attribute: 'status', live: 'held', rebuilt: 'finished' },
    ]);
  });

  test('in the watermark of a group', async () => {
    const ports = await planted((items) => {
      const cursor = at(items, /^CLEARING#g1/, /./);
      cursor['watermark'] = { ...(cursor['watermark'] as Item), clock: 999n };
      return items;
    });
    expect((await rebuildLedger(ports)).differences).toMatchObject([
      { pk: 'CLEARING#g1', attribute: 'watermark' },
    ]);
  });

  test('in an operation: its entries and balances say otherwise', async () => {
    const ports = await planted((items) => {
      const item = at(items, /^OPERATION#op-1$/, /./);
      item['units'] = more(item['units']);
      return items;
    });
    const { differences } = await rebuildLedger(ports);
    const named = new Set(differences.map(({ pk }) => pk.split('#')[0]));
    expect(named).toEqual(new Set(['ACCOUNT', 'DEPOSITS', 'ENTRIES']));
  });
});

const missing: [string, RegExp, RegExp][] = [
  ["a run's entry", /^ENTRIES#0x/, /#g1#/],
  ["an operation's entry", /^ENTRIES#house:vault/, /#op-/],
  ['a run', /^RUNS#g1/, /./],
  ['the row of a pending grant', /^PENDING#/, /./],
  ['an account of the directory', /^DIRECTORY#/, /./],
  ['a deposit of the list', /^DEPOSITS#/, /./],
  ['a held withdrawal', /^WITHDRAWAL#w-held/, /./],
];

describe('what is missing is found, and named', () => {
  test(`${missing.map(([name]) => name).join(', ')}`, async () => {
    const names: object[] = [];
    const ports = await planted((items) => {
      const gone = missing.map(([, pk, sk]) => at(items, pk, sk));
      for (const { pk, sk } of gone) names.push({ pk, sk, attribute: '', rebuilt: 'there' });
      return items.filter((each) => !gone.includes(each));
    });
    const { differences } = await rebuildLedger(ports);
    expect(new Set(differences)).toEqual(new Set(names));
  });

  test('a balance', async () => {
    const ports = await planted((items) => {
      const item = at(items, /^ACCOUNT#0x0+1$/, /^BALANCE#ETH/);
      return items.filter((each) => each !== item);
    });
    const { differences } = await rebuildLedger(ports);
    expect(differences).toContainEqual(
      expect.objectContaining({ sk: 'BALANCE#ETH', attribute: 'available' }),
    );
    expect(new Set(differences.map(({ pk, sk }) => pk + sk)).size).toBe(1);
  });
});

test('an entry, a run, an account of the directory that nobody wrote are found, and named', async () => {
  const names: object[] = [];
  const ports = await planted((items) => {
    const copies = [
      { ...at(items, /^ENTRIES#0x/, /#g1#/) },
      { ...at(items, /^RUNS#g1/, /./) },
      { ...at(items, /^DIRECTORY#/, /./) },
    ].map((item): Item => ({ ...item, sk: `${item['sk']}9` }));
    for (const { pk, sk } of copies) names.push({ pk, sk, attribute: '', live: 'there' });
    return [...items, ...copies];
  });
  const { differences } = await rebuildLedger(ports);
  expect(new Set(differences)).toEqual(new Set(names));
});

test('a run item that nobody wrote within a run is found, and cuts nothing', async () => {
  const ports = await planted((items) => {
    const run = at(items, /^RUNS#g1/, /./, (item) => item['fromFrame'] !== item['toFrame']);
    const toFrame = run['fromFrame'] as bigint;
    const sk = String(toFrame).padStart(16, '0');
    return [...items, { ...run, sk, toFrame }];
  });
  const { differences } = await rebuildLedger(ports);
  expect(differences).toMatchObject([{ pk: 'RUNS#g1', attribute: '', live: 'there' }]);
});

test('a journal that does not hold, or ends too early, is no ground to build on', async () => {
  const ports = { ...world.ports, stream: async function* () {} };
  const { ok, differences } = await rebuildLedger(ports);
  expect(ok).toBe(false);
  expect(differences).toContainEqual(expect.objectContaining({ pk: 'CLEARING#g1' }));
});

test('ended early, it says so and claims nothing', async () => {
  let steps = 0;
  const goesOn = () => {
    steps += 1;
    return steps < 5;
  };
  const report = await rebuildLedger({ ...world.ports, goesOn });
  expect(report).toMatchObject({ ok: false, isWhole: false, differences: [] });
});

test('a ledger that moves all the time is caught up with, and nothing is found that is not there', async () => {
  const moving = await RebuildWorld.open(twin);
  let rounds = 0;
  const report = await rebuildLedger({
    ...moving.ports,
    goesOn: () => true,
    progress: () => undefined,
    archive: {
      // Between two looks at the journal everything moves on.
      async *objects(groupId, after) {
        rounds += 1;
        yield* moving.ports.archive.objects(groupId, after);
      },
    },
    async *stream(groupId, after) {
      if (rounds < 3 || groupId === 'g2') {
        rounds += 1;
        if (rounds < 7) {
          await moving.trade();
          await moving.deposit(1, 'ETH', 5n);
        }
      }
      yield* moving.ports.stream(groupId, after);
    },
  });
  expect(report).toMatchObject({ ok: true, differences: [], unsettled: [] });
  expect(report.rounds).toBeGreaterThan(0);
});

test('of a moving ledger a planted difference is found all the same', async () => {
  const moving = await RebuildWorld.open(twin);
  const Key = { pk: `ACCOUNT#${account(0)}`, sk: 'BALANCE#ETH' };
  const get = new GetCommand({ TableName: moving.table, Key });
  const { Item: balance } = await twin.client.send(get);
  const available = (balance?.['available'] as bigint) - 1n;
  const put = new PutCommand({ TableName: moving.table, Item: { ...balance, available } });
  await twin.client.send(put);
  const { ports } = moving;
  let calls = 0;
  const report = await rebuildLedger({
    ...ports,
    async *stream(groupId, after) {
      calls += 1;
      if (calls < 5) await moving.trade();
      yield* ports.stream(groupId, after);
    },
  });
  expect(report.differences).toMatchObject([{ ...Key, attribute: 'available' }]);
});
