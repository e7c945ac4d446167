/** New orders as random values within what functions send to a matcher. */
import fc from 'fast-check';
import type { PlaceRequest } from '#wire/matcher-api.ts';
import { anySignedOrder } from './journal-arbitraries.ts';

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => `0x${Buffer.from(raw).toString('hex')}`);

const terms = fc.oneof(
  fc.constantFrom(
    'ETH-USDC limit gtc',
    'BTC-USDC limit gtc',
    'ETH-USDC limit gtd display=2 post_only=true',
    'ETH-USDC market ioc stp=expire_both',
  ),
  fc.nat().map((cents) => `BTC-USDC stop_limit gtc trigger=${cents + 1}.25`),
  hex(32).map((digest) => `ETH-USDC limit gtc stp=decrement replaces=${digest}`),
);

export const anyPlaceRequest: fc.Arbitrary<PlaceRequest> = fc.record(
  {
    type: fc.constant('place' as const),
    digest: hex(32),
    order: fc.tuple(anySignedOrder, terms).map(([order, text]) => ({ ...order, terms: text })),
    signature: hex(65),
    clientOrderId: fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/),
    delegation: fc.record({ digest: hex(32), limitUnits: fc.maxSafeNat() }),
    delegations: fc.array(hex(32), { minLength: 1, maxLength: 20 }),
  },
  { requiredKeys: ['type', 'digest', 'order', 'signature'] },
);

/** As many as a request holds. */
export const anyPlaceRequests = fc.array(anyPlaceRequest, { minLength: 1, maxLength: 20 });
