import { beforeEach, describe, expect, test } from 'vitest';
import type { NewExport } from '#cloud/export-store.ts';
import type { ExportFormat, ExportKind } from '#wire/export-request.ts';
import { type ExportPorts, runExport } from '../../functions/exports/run-export.ts';
import { runMessages } from '../../functions/exports/run-messages.ts';
import { quietMs, sweepExports } from '../../functions/exports/sweep-exports.ts';
import { type ExportedAccount, exportedAccount, owner, startMs } from './exported-account.ts';
import { silentLogger } from './http-call.ts';

let account: ExportedAccount;
beforeEach(() => {
  account = exportedAccount();
});

const wish = (exportId: string, some: Partial<NewExport> = {}): NewExport => ({
  ...{ account: owner, exportId, kind: 'entries' as ExportKind, format: 'csv' as ExportFormat },
  ...{ from: startMs, to: startMs + 3_600_000, filters: {}, createdAtMs: account.nowMs() },
  ...some,
});

/** Asks for an export and runs it until it is over, however often it must be sent on. */
async function exported(some: Partial<NewExport> = {}, limits: ExportPorts['limits'] = {}) {
  const name = { account: owner, exportId: 'mine' };
  await account.store.ask(wish(name.exportId, some));
  let outcome = await runExport(name, { ...account.ports, limits });
  for (let runs = 0; outcome.status === 'continued' && runs < 100; runs += 1)
    outcome = await runExport(name, { ...account.ports, limits });
  return { outcome, text: await account.text(name.exportId) };
}

describe('a file', () => {
  beforeEach(async () => {
    await account.deposit(1_000_000, startMs + 1_000, '=SUM(A1:A9)');
    account.clear(7, startMs + 2_000, 2);
    account.trade(7, startMs + 1_500);
    account.finish(1, startMs + 2_500, '@cmd|"/C calc"!A1');
    account.finish(2, startMs + 2_600);
    const withdrawal = { withdrawalId: 'w-1', account: owner, asset: 'USDC', units: 300_000n };
    await account.ledger.holdWithdrawal({ ...withdrawal, atMs: startMs + 3_000 } as never);
    await account.ledger.finishWithdrawal({ withdrawalId: 'w-1', atMs: startMs + 4_000 });
  });

  test('of entries has a line for each, with what it moved and the balance after it', async () => {
    const { text } = await exported();
    expect(text).toBe(
      [
        'time,time_ms,entry_id,business,business_id,asset,available,withdrawing,frozen,available_after,withdrawing_after,frozen_after,counterparty,trades',
        "2026-03-01T00:00:01.000Z,1772323201000,0001772323201000#=SUM(A1:A9)#USDC,deposit,'=SUM(A1:A9),USDC,1,0,0,1,0,,house:vault,0",
        '2026-03-01T00:00:02.000Z,1772323202000,0001772323202000#majors#0000000000000007#USDC,clearing,majors#7,USDC,0,0,-4,,,5,,2',
        `2026-03-01T00:00:03.000Z,1772323203000,0001772323203000#w-1:hold#USDC,withdraw_hold,w-1:hold,USDC,-0.3,0.3,0,0.7,0.3,,${owner},0`,
        '2026-03-01T00:00:04.000Z,1772323204000,0001772323204000#w-1:finish#USDC,withdraw_finish,w-1:finish,USDC,0,-0.3,0,0.7,0,,house:vault,0',
        '',
      ].join('\r\n'),
    );
  });

  test('of orders lets no name become a formula, and quotes what must be quoted', async () => {
    const { text } = await exported({ kind: 'orders' });
    const [, first = '', second = ''] = text.split('\r\n');
    expect(first).toContain(`,"'@cmd|""/C calc""!A1",ETH-USDC,sell,limit,gtc,false,`);
    expect(first.startsWith('2026-03-01T00:00:02.500Z,1772323202500,')).toBe(true);
    expect(second).toContain(',,ETH-USDC,');
  });

  test('of fills keeps a negative fee a number', async () => {
    const { text } = await exported({ kind: 'fills' });
    expect(text.split('\r\n')[1]).toMatch(/,sell,maker,2000,0\.001,2,-0\.0001,USDC$/);
  });

  test.each(['deposits', 'withdrawals'] as const)('of %s has one line each', async (kind) => {
    const { text } = await exported({ kind });
    const lines = text.split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(
      kind === 'deposits' ? /,USDC,1,credited$/ : /,w-1,USDC,0\.3,finished,/,
    );
  });

  test('as JSON is one array of what the API shows', async () => {
    const { text } = await exported({ kind: 'entries', format: 'json' });
    const rows = JSON.parse(text);
    expect(rows.map((row: { business: string }) => row.business)).toEqual([
      'deposit',
      'clearing',
      'withdraw_hold',
      'withdraw_finish',
    ]);
    expect(rows[1].trades).toHaveLength(2);
  });

  test('of nothing is a head, or an empty array', async () => {
    const never = { from: startMs - 10, to: startMs };
    expect((await exported(never)).text.split('\r\n')).toHaveLength(2);
    account = exportedAccount();
    expect(JSON.parse((await exported({ ...never, format: 'json' })).text)).toEqual([]);
  });

  test('holds what its filters say and nothing of another time', async () => {
    const { text } = await exported({ filters: { business: 'clearing', market: 'ETH-USDC' } });
    expect(text.split('\r\n')).toHaveLength(3);
    account = exportedAccount();
    account.clear(1, startMs - 1);
    account.clear(2, startMs);
    account.clear(3, startMs + 3_599_999);
    account.clear(4, startMs + 3_600_000);
    const within = await exported();
    expect(within.text.match(/majors#\d,/g)).toEqual(['majors#2,', 'majors#3,']);
  });
});

/** 5,000 entries: some pages, and parts that are far smaller than S3 takes. */
function fill(rows = 5_000): void {
  account.files.partBytesAtLeast = 1;
  for (let n = 1; n <= rows; n += 1) account.clear(n, startMs + n * 10);
}
const smallParts = { partBytes: 50_000 };
const toFrames = (text: string) =>
  text
    .split('\r\n')
    .slice(1, -1)
    .map((line) => Number(/majors#(\d+),/.exec(line)?.[1]));
const upTo = (rows: number) => Array.from({ length: rows }, (_, at) => at + 1);

describe('a long export', () => {
  test('is written in parts, none of them much larger than a part', async () => {
    fill();
    const { outcome, text } = await exported({}, smallParts);
    expect(outcome.status).toBe('done');
    expect(toFrames(text)).toEqual(upTo(5_000));
    expect(account.files.uploads.size).toBe(0);
  });

  test('goes on in another run when its time is over, even where no part was full', async () => {
    fill();
    account.ports.leftMs = () => 0;
    const { outcome, text } = await exported({}, { partBytes: 10_000_000 });
    expect(outcome.status).toBe('done');
    expect(toFrames(text)).toEqual(upTo(5_000));
    expect(account.sent.length).toBeGreaterThan(3);
  });

  test('says how far it is, and never goes back', async () => {
    fill();
    const seen: number[] = [];
    const { save } = account.store;
    account.store.save = async (job, lease) => {
      account.pass(1_000);
      const saved = await save(job, lease);
      seen.push((saved.told ?? saved).rows);
      return saved;
    };
    await exported({}, { partBytes: 150_000, tellMs: 1 });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(5_000);
    expect(new Set(seen).size).toBeGreaterThan(3);
  });

  test('that would have too many parts has failed', async () => {
    fill();
    const { outcome } = await exported({}, { ...smallParts, parts: 2 });
    expect(outcome.status).toBe('failed');
    expect(await account.store.open({ limit: 10 })).toEqual([]);
  });

  test('whose upload was given up meanwhile begins anew', async () => {
    fill();
    account.ports.leftMs = () => 0;
    await account.store.ask(wish('mine'));
    const run = () => runExport({ account: owner, exportId: 'mine' }, account.ports);
    await run();
    account.files.uploads.clear();
    let outcome = await run();
    while (outcome.status === 'continued') outcome = await run();
    expect(outcome.status).toBe('done');
    expect(toFrames(await account.text('mine'))).toEqual(upTo(5_000));
  });
});

/** Ports of a process that dies at the k-th call to the world: before it has its effect, or after. */
function dying(call: number, moment: 'before' | 'after') {
  let calls = 0;
  const mortal = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>;
        return async (...given: unknown[]) => {
          calls += 1;
          if (calls > call || (calls === call && moment === 'before')) throw new Error('dead');
          const answer = await method.apply(target, given);
          if (calls === call) throw new Error('dead');
          return answer;
        };
      },
    });
  const { store, files, statements, send } = account.ports;
  const ports: ExportPorts = {
    ...account.ports,
    store: mortal(store),
    files: mortal(files),
    statements: mortal(statements),
    send: mortal({ send }).send,
    leftMs: () => (calls % 3 === 0 ? 0 : 60_000),
    limits: smallParts,
  };
  return { ports, died: () => calls >= call };
}

describe('a run that dies', () => {
  test.each(['before', 'after'] as const)(
    'anywhere, %s a call had its effect, is taken up: the file has each row once',
    async (moment) => {
      for (let call = 1; ; call += 1) {
        account = exportedAccount();
        fill(2_500);
        await account.store.ask(wish('mine'));
        const name = { account: owner, exportId: 'mine' };
        const { ports, died } = dying(call, moment);
        // The message comes again, or the sweep sends it, until the export is over.
        for (let runs = 0; runs < 60; runs += 1) {
          await runExport(
            name,
            runs === 0 ? ports : { ...account.ports, limits: smallParts },
          ).catch(() => undefined);
          if ((await account.store.find(owner, 'mine'))?.status === 'done') break;
          account.pass(200_000);
        }
        expect(toFrames(await account.text('mine')), `killed ${moment} call ${call}`).toEqual(
          upTo(2_500),
        );
        expect(await account.store.open({ limit: 10 })).toEqual([]);
        if (!died()) break;
      }
    },
  );

  test('is found by the sweep when its lease is over, and not before', async () => {
    await account.store.ask(wish('mine'));
    await account.store.take(
      { account: owner, exportId: 'mine' },
      { nowMs: account.nowMs(), leaseMs: 100_000 },
    );
    const sweep = () => sweepExports({ ...account.ports, nowMs: account.nowMs() });
    account.pass(99_999);
    expect(await sweep()).toEqual({ open: 1, sent: 0 });
    account.pass(1);
    expect(await sweep()).toEqual({ open: 1, sent: 1 });
    expect(account.sent).toMatchObject([{ exportId: 'mine' }]);
  });

  test('whose message was lost before anybody took it is found by the sweep', async () => {
    await account.store.ask(wish('mine'));
    account.pass(quietMs);
    expect(await sweepExports({ ...account.ports, nowMs: account.nowMs() })).toMatchObject({
      sent: 1,
    });
  });

  test('five times without getting further has failed, and the next one runs', async () => {
    await account.store.ask(wish('mine'));
    await account.store.ask(wish('next'));
    const broken = {
      ...account.ports.files,
      begin: async () => Promise.reject(new Error('no S3')),
    };
    const ports = { ...account.ports, files: broken as never };
    const statuses: string[] = [];
    for (let tried = 0; tried < 6; tried += 1)
      statuses.push((await runExport({ account: owner, exportId: 'mine' }, ports)).status);
    expect(statuses).toEqual(['again', 'again', 'again', 'again', 'again', 'failed']);
    expect(account.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([10, 20, 40, 80, 160, 0]);
    expect(account.sent.at(-1)).toMatchObject({ exportId: 'next' });
  });
});

test('a message that nobody understands comes again, and ends among the dead letters; the others are worked off', async () => {
  await account.store.ask(wish('mine'));
  const records = [
    '{',
    '{"account":"0x"}',
    JSON.stringify({ account: owner, exportId: 'mine' }),
  ].map((body, at) => ({ messageId: `m${at}`, body }));
  const run = await runMessages(records, account.ports, silentLogger);
  expect(run).toEqual({ done: 1, failed: 0, again: ['m0', 'm1'] });
  const twice = await runMessages(records.slice(2), account.ports, silentLogger);
  expect(twice).toEqual({ done: 0, failed: 0, again: [] });
});

describe('one after another', () => {
  const lease = () => ({ nowMs: account.nowMs(), leaseMs: 60_000 });
  const named = (exportId: string) => ({ account: owner, exportId });

  test('two workers never have one export', async () => {
    await account.store.ask(wish('mine'));
    const answers = await Promise.all(
      [1, 2, 3].map(() => account.store.take(named('mine'), lease())),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual(['held', 'held', 'taken']);
  });

  test("an account's exports run one at a time; whoever ends one sends the oldest that waits", async () => {
    for (const id of ['a', 'b', 'c']) {
      await account.store.ask(wish(id));
      account.pass(1);
    }
    await account.store.take(named('c'), lease());
    expect(await runExport(named('a'), account.ports)).toEqual({ status: 'left' });
    account.pass(60_000);
    expect(await runExport(named('c'), account.ports)).toMatchObject({ status: 'done' });
    expect(account.sent).toMatchObject([{ exportId: 'a' }]);
    expect(await runExport(named('a'), account.ports)).toMatchObject({ status: 'done' });
    expect(await runExport(named('a'), account.ports)).toEqual({ status: 'left' });
  });

  test('a worker that slept writes nothing over the one that took its job', async () => {
    await account.store.ask(wish('mine'));
    const slept = await account.store.take(named('mine'), lease());
    account.pass(60_000);
    await account.store.take(named('mine'), lease());
    const job = slept.status === 'taken' ? slept.job : expect.fail('not taken');
    await expect(account.store.save(job, lease())).rejects.toThrow("another's");
    await expect(account.store.end(job, 'done', account.nowMs())).rejects.toThrow("another's");
  });

  test('an end is for ever', async () => {
    await exported();
    expect(await account.store.take(named('mine'), lease())).toEqual({ status: 'over' });
    expect(await account.store.ask(wish('mine'))).toMatchObject({
      status: 'exists',
      job: { status: 'done' },
    });
  });
});
