/** ECDSA over a digest that is already made: what KMS offers and Node's crypto does not (it always hashes). */
import { createECDH, randomBytes } from 'node:crypto';

export type CurveName = 'secp256k1' | 'prime256v1';

type Curve = { p: bigint; a: bigint; n: bigint; base: Point };
type Point = { x: bigint; y: bigint } | undefined;

/** SEC 2: recommended elliptic curve domain parameters. */
const CURVES: Readonly<Record<CurveName, Curve>> = {
  secp256k1: {
    p: 2n ** 256n - 2n ** 32n - 977n,
    a: 0n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    base: {
      x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
      y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
    },
  },
  prime256v1: {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    a: -3n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    base: {
      x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    },
  },
};

/** Signs a 32-byte digest; the signature is DER, as KMS gives it, and its s may be high, as KMS's may. */
export function signDigest(curveName: CurveName, digest: Buffer, privateKey: Buffer): Buffer {
  const { n } = CURVES[curveName];
  const d = toBigInt(privateKey);
  const z = toBigInt(digest);
  for (;;) {
    const nonce = randomBytes(32);
    const k = toBigInt(nonce);
    if (k === 0n || k >= n) continue;
    const ecdh = createECDH(curveName);
    ecdh.setPrivateKey(nonce);
    const r = mod(toBigInt(ecdh.getPublicKey().subarray(1, 33)), n);
    const s = mod(invert(k, n) * (z + r * d), n);
    if (r !== 0n && s !== 0n) return encodeDer(r, s);
  }
}

/** Whether a DER signature fits the digest; `publicKey` is the uncompressed point (65 bytes). */
export function verifyDigest(
  curveName: CurveName,
  digest: Buffer,
  signature: Buffer,
  publicKey: Buffer,
): boolean {
  const curve = CURVES[curveName];
  const { n } = curve;
  const pair = decodeDer(signature);
  if (pair === undefined) return false;
  const { r, s } = pair;
  if (r <= 0n || r >= n || s <= 0n || s >= n) return false;
  const w = invert(s, n);
  const own = { x: toBigInt(publicKey.subarray(1, 33)), y: toBigInt(publicKey.subarray(33, 65)) };
  const left = multiply(curve, curve.base, mod(toBigInt(digest) * w, n));
  const right = multiply(curve, own, mod(r * w, n));
  const sum = add(curve, left, right);
  return sum !== undefined && mod(sum.x, n) === r;
}

function multiply(curve: Curve, point: Point, times: bigint): Point {
  let result: Point;
  let doubled = point;
  for (let left = times; left > 0n; left >>= 1n) {
    if (left & 1n) result = add(curve, result, doubled);
    doubled = add(curve, doubled, doubled);
  }
  return result;
}

function add({ p, a }: Curve, one: Point, other: Point): Point {
  if (one === undefined) return other;
  if (other === undefined) return one;
  const isSameX = one.x === other.x;
  if (isSameX && mod(one.y + other.y, p) === 0n) return undefined;
  const slope = isSameX
    ? (3n * one.x * one.x + a) * invert(2n * one.y, p)
    : (other.y - one.y) * invert(other.x - one.x, p);
  const x = mod(slope * slope - one.x - other.x, p);
  return { x, y: mod(slope * (one.x - x) - one.y, p) };
}

/** The multiplicative inverse, by Euclid. */
function invert(value: bigint, modulus: bigint): bigint {
  let [r0, r1] = [modulus, mod(value, modulus)];
  let [t0, t1] = [0n, 1n];
  while (r1 !== 0n) {
    const q = r0 / r1;
    [r0, r1] = [r1, r0 - q * r1];
    [t0, t1] = [t1, t0 - q * t1];
  }
  return mod(t0, modulus);
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function encodeDer(r: bigint, s: bigint): Buffer {
  const integers = [r, s].map((value) => {
    let bytes = Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
    while (bytes.length > 1 && bytes[0] === 0 && (bytes[1] as number) < 0x80) {
      bytes = bytes.subarray(1);
    }
    if ((bytes[0] as number) >= 0x80) bytes = Buffer.concat([Buffer.from([0]), bytes]);
    return Buffer.concat([Buffer.from([0x02, bytes.length]), bytes]);
  });
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function decodeDer(signature: Buffer): { r: bigint; s: bigint } | undefined {
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return undefined;
  const rLength = signature[3] ?? 0;
  const sAt = 4 + rLength;
  const sLength = signature[sAt + 1] ?? 0;
  const isWhole = signature[2] === 0x02 && signature[sAt] === 0x02;
  if (!isWhole || sAt + 2 + sLength !== signature.length) return undefined;
  return {
    r: toBigInt(signature.subarray(4, sAt)),
    s: toBigInt(signature.subarray(sAt + 2)),
  };
}

function toBigInt(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
}
