import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandJson, commandsRequest } from '#wire/matcher-api.ts';
import { placeBody } from '#wire/order-body.ts';
import { readPlacements } from '../../containers/matcher/read-commands.ts';
import { anySignedOrder } from '../wire/journal-arbitraries.ts';

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => `0x${Buffer.from(raw).toString('hex')}`);
const terms = fc.constantFrom(
  ...['ETH-USDC limit gtc', 'ETH-USDC limit gtd display=2', 'BTC-USDC stop ioc trigger=1850.25'],
);
const placement = fc
  .record({
    digest: hex(32),
    order: fc.tuple(anySignedOrder, terms).map(([order, text]) => ({ ...order, terms: text })),
    signature: hex(65),
    clientOrderId: fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/), { nil: undefined }),
    delegation: fc.option(fc.record({ digest: hex(32), limitUnits: fc.maxSafeNat() }), {
      nil: undefined,
    }),
  })
  .map(({ clientOrderId, delegation, ...rest }) =>
    commandJson({
      type: 'place',
      ...rest,
      ...(clientOrderId === undefined ? {} : { clientOrderId }),
      ...(delegation === undefined ? {} : { delegation }),
    }),
  );
const body = fc
  .array(placement, { minLength: 1, maxLength: 3 })
  .map((commands) => JSON.parse(JSON.stringify({ commands })) as Body);
type Json = Record<string, unknown>;
type Body = { commands: (Json & { order: Json })[] };

/** Values that a field must not have, and some that it may. */
const oddity = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      undefined,
      true,
      '',
      '0',
      '00',
      '01',
      '-1',
      '1e3',
      ' 1',
      '0x',
      '0x0',
      '0x00',
      'cancel',
    ],
    ...[
      0,
      1,
      2,
      -1,
      0.5,
      10_000,
      10_001,
      2 ** 53,
      253_402_300_800_000,
      {},
      [],
      'ETH-USDC limit gtc',
    ],
    ...[
      `0x${'AB'.repeat(20)}`,
      `0x${'ab'.repeat(20)}`,
      `0x${'ab'.repeat(32)}`,
      `0x${'ab'.repeat(33)}`,
    ],
    ...[(2n ** 64n).toString(), (2n ** 64n - 1n).toString(), (2n ** 128n).toString()],
    ...[(2n ** 128n - 1n).toString(), '9'.repeat(40), 'a'.repeat(300), 'a'.repeat(301), 'ä'],
  ),
  fc.jsonValue(),
);

const bytesOf = (json: unknown) => Buffer.from(JSON.stringify(json));

/** Whatever is read byte by byte must be what the schema reads of the same text. */
function expectAsSchema(bytes: Buffer): boolean {
  const quick = readPlacements(bytes);
  if (!quick) return false;
  const whole = commandsRequest.safeParse(JSON.parse(bytes.toString()));
  expect(whole.error).toBeUndefined();
  expect(quick).toEqual(whole.data?.commands);
  return true;
}

test('placements are read as the schema reads them', () => {
  fc.assert(
    fc.property(body, (json) => {
      expect(readPlacements(bytesOf(json))).toEqual(commandsRequest.parse(json).commands);
    }),
  );
});

test('what an odd value makes of a placement is left to the schema, or read as it does', () => {
  let read = 0;
  fc.assert(
    fc.property(
      body,
      fc.nat(),
      fc.nat(),
      oddity,
      fc.boolean(),
      (json, at, field, value, isInner) => {
        const command = json.commands[at % json.commands.length] as Json & { order: Json };
        const target: Json = isInner ? command.order : command;
        const names = [...Object.keys(target), 'clientOrderId', 'delegation', '__proto__', 'more'];
        const name = names[field % names.length] as string;
        if (value === undefined) delete target[name];
        else Object.defineProperty(target, name, { value, enumerable: true, configurable: true });
        if (expectAsSchema(bytesOf(json))) read += 1;
      },
    ),
    { numRuns: 3_000 },
  );
  expect(read).toBeGreaterThan(20);
});

/** Bytes that mean something in JSON, and some that need more than one. */
const someBytes = fc
  .oneof(fc.constantFrom(...'0019afAFx"\\,:{}[]-+.eE _ä'), fc.string({ maxLength: 4 }))
  .map((text) => Buffer.from(text));

test('what odd bytes make of a body is left to the schema, or read as it does', () => {
  let read = 0;
  fc.assert(
    fc.property(body, fc.nat(), fc.nat({ max: 3 }), someBytes, (json, place, dropped, bytes) => {
      const whole = bytesOf(json);
      const at = place % whole.length;
      const odd = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + dropped)]);
      if (expectAsSchema(odd)) read += 1;
    }),
    { numRuns: 5_000 },
  );
  expect(read).toBeGreaterThan(20);
});

test('a body that ends early is left to the schema, wherever it ends', () => {
  const [json] = fc.sample(body, { numRuns: 1, seed: 5 });
  const whole = bytesOf(json);
  for (let length = 0; length < whole.length; length += 1)
    expect(readPlacements(whole.subarray(0, length))).toBeUndefined();
});

test.each([null, 1, 'commands', [], {}, { commands: [] }, { commands: [null] }, { commands: {} }])(
  '%j is left to the schema',
  (json) => expect(readPlacements(bytesOf(json))).toBeUndefined(),
);

test('more than a batch holds is left to the schema', () => {
  const [one] = fc.sample(placement, { numRuns: 1, seed: 3 });
  const commands = (count: number) =>
    bytesOf({ commands: Array.from({ length: count }, () => one) });
  expect(readPlacements(commands(20))).toHaveLength(20);
  expect(readPlacements(commands(21))).toBeUndefined();
});

test('what functions send of an order is read here, not by the schema', () => {
  const [command] = fc.sample(placement, { numRuns: 1, seed: 7 });
  const { order, signature } = JSON.parse(JSON.stringify(command));
  // A user's fields may come in any order; the function's schema puts them in one.
  const asSent = Object.fromEntries(Object.entries(order).reverse());
  const { order: verified } = placeBody.parse({ signature, order: asSent });
  const digest = `0x${'d1'.repeat(32)}`;
  const sent = commandJson({ type: 'place', digest, order: verified, signature });
  expect(readPlacements(bytesOf({ commands: [sent] }))).toHaveLength(1);
});
