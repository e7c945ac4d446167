/** Journal frames against JSON of the same content: bytes per order, and commands encoded and decoded per second. */
import { strict as assert } from 'node:assert';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { EngineEvent, Outcome } from '#domain/event.ts';
import { decodeRecord, encodeFrame, type Frame, genesisHash } from '#wire/journal-frame.ts';
import { alone, type Benchmark, beside, perSecond } from './figure.ts';

const orders = 200;
const atMs = 1_790_000_000_000;
const bytesOf = (seed: number, count: number) => {
  let text = '0x';
  for (let at = 0; at < count; at += 1)
    text += ((seed * 131 + at * 29 + ((seed * at) % 251)) & 0xff).toString(16).padStart(2, '0');
  return text;
};

/** Every fourth order trades with the one before it, as in a busy minute. */
function sampleFrame(): Omit<Frame, 'kind'> {
  const outcomes: Outcome<Command>[] = [];
  let sequence = 1;
  for (let index = 0; index < orders; index += 1) {
    const command = place(index);
    const events: EngineEvent[] = [
      { type: 'accepted', sequence: sequence++, commandId: command.commandId },
    ];
    if (index % 4 === 3) events.push(trade(index, sequence++));
    outcomes.push({ command, events });
  }
  return {
    groupId: 'majors',
    epoch: 7,
    frame: 4_711,
    firstSequence: 1,
    lastSequence: sequence - 1,
    clock: 9_000,
    atMs,
    rulesVersion: 2,
    previousHash: genesisHash,
    eventHash: '0123456789abcdef',
    outcomes,
  };
}

function place(index: number): PlaceOrder {
  const account = bytesOf(index % 40, 20);
  return {
    type: 'place',
    commandId: bytesOf(index + 1_000, 32),
    nowMs: atMs + index,
    account,
    marketId: 'ETH-USDC',
    side: index % 2 ? 'sell' : 'buy',
    orderType: 'limit',
    timeInForce: 'gtc',
    postOnly: false,
    selfTrade: 'expire_taker',
    cap: 'base',
    amounts: {
      limitTicks: 185_000 + index,
      sizeLots: 100 + index,
      spendUnits: 0,
      triggerTicks: 0,
      displayLots: 0,
    },
    maxFeeBps: 20,
    createdAtMs: atMs + index - 150,
    expiresAtMs: atMs + 86_400_000,
    signed: {
      account,
      signer: account,
      baseAsset: '0x1111111111111111111111111111111111111111',
      quoteAsset: '0x2222222222222222222222222222222222222222',
      side: index % 2 ? 1 : 0,
      cap: 0,
      baseAmount: BigInt(100 + index) * 10n ** 15n,
      quoteAmount: BigInt((185_000 + index) * (100 + index)) * 10n,
      maxFeeBps: 20,
      createdAtMs: atMs + index - 150,
      expiresAtMs: atMs + 86_400_000,
      epoch: 0n,
      salt: 0x9e3779b97f4a7c15n + BigInt(index),
      terms: 'ETH-USDC limit gtc',
    },
    signature: bytesOf(index + 5_000, 65),
  };
}

function trade(index: number, sequence: number): EngineEvent {
  return {
    type: 'trade',
    sequence,
    marketId: 'ETH-USDC',
    atMs: atMs + index,
    priceTicks: 185_000,
    sizeLots: 100,
    baseUnits: 10_000_000,
    quoteUnits: 185_000_000,
    takerSide: 'sell',
    makerDigest: bytesOf(index + 999, 32),
    takerDigest: bytesOf(index + 1_000, 32),
    makerAccount: bytesOf((index - 1) % 40, 20),
    takerAccount: bytesOf(index % 40, 20),
    makerFeeUnits: 92_500,
    takerFeeUnits: 185_000,
  };
}

const toJson = (frame: unknown) =>
  JSON.stringify(frame, (_, value) => (typeof value === 'bigint' ? value.toString() : value));

const frame = sampleFrame();
const record = encodeFrame(frame);
const text = toJson(frame);
const decoded = decodeRecord(record);
assert.deepEqual(
  decoded,
  { kind: 'frame', ...frame },
  'the codec must give back what it was given',
);

export const benchmark: Benchmark = {
  about: `One frame of ${orders} signed orders, every fourth with a trade. JSON leaves out checksum and chain; signatures are not verified.`,
  cases: {
    size: async () => [
      beside('journalBytesPerOrder', 'B', record.length / orders, {
        name: 'JSON',
        value: text.length / orders,
      }),
      alone('ordersPerSecOfOneShard', '1/s', 1_000_000 / (record.length / orders)),
    ],
    encode: async () => [
      beside(
        'commandsPerSec',
        '1/s',
        perSecond(orders, () => encodeFrame(frame)),
        {
          name: 'JSON',
          value: perSecond(orders, () => Buffer.from(toJson(frame))),
        },
      ),
    ],
    decode: async () => [
      beside(
        'commandsPerSec',
        '1/s',
        perSecond(orders, () => decodeRecord(record)),
        {
          name: 'JSON',
          value: perSecond(orders, () => JSON.parse(text)),
        },
      ),
    ],
  },
};
