import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyLiabilityProof } from '#client/liability-proof.ts';
import { verifyLiabilities } from '#client/verify-liabilities.ts';
import type { LiabilityProofJson, PublishedLiability } from '#wire/liability-proof.ts';

type Vectors = {
  published: PublishedLiability;
  proofs: LiabilityProofJson[];
  refused: { fault: string; proof: unknown }[];
};
const vectorsPath = 'test/client/liability-vectors.json';
const vectors = JSON.parse(readFileSync(vectorsPath, 'utf8')) as Vectors;
const { published, proofs, refused } = vectors;

function proofAt(at: number): LiabilityProofJson {
  const proof = proofs[at];
  if (!proof) throw new Error(`there is no vector ${at}`);
  return proof;
}

describe('a proof of liabilities as text', () => {
  it('is verified for every account of the vectors, against what was published', () => {
    for (const proof of proofs) {
      const verdict = verifyLiabilityProof(proof, published);
      expect(verdict).toMatchObject({ status: 'verified', proven: { isPublished: true } });
    }
  });

  it.each(refused.map(({ fault, proof }, at) => ({ at, fault, proof })))(
    'is refused as vector $at: $fault',
    ({ fault, proof }) => {
      expect(verifyLiabilityProof(proof, published)).toMatchObject({ status: 'refused', fault });
    },
  );

  it('is refused against another root, total, day, asset or number of accounts', () => {
    const others: Partial<PublishedLiability>[] = [
      { root: `0x${'22'.repeat(32)}` },
      { totalUnits: '1' },
      { day: '2026-02-01' },
      { asset: 'ETH' },
      { accounts: 6 },
      { decimals: 8 },
    ];
    for (const other of others)
      expect(verifyLiabilityProof(proofAt(0), { ...published, ...other })).toMatchObject({
        status: 'refused',
        fault: 'published_differs',
      });
  });

  it('is refused with any single bit of any of its texts and numbers changed', () => {
    const flips = fc.record({ of: fc.nat(4), field: fc.nat(), bit: fc.nat() });
    fc.assert(
      fc.property(flips, ({ of, field, bit }) => {
        const changed = flipped(proofAt(of), field, bit);
        expect(verifyLiabilityProof(changed, published).status).toBe('refused');
      }),
      { numRuns: 4_000 },
    );
  });

  it('is refused with any of its fields missing, and whatever else it is', () => {
    for (const name of Object.keys(proofAt(0))) {
      const { [name as keyof LiabilityProofJson]: _, ...rest } = proofAt(0);
      expect(verifyLiabilityProof(rest)).toMatchObject({ fault: 'malformed' });
    }
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(verifyLiabilityProof(anything)).toMatchObject({ fault: 'malformed' });
      }),
    );
  });
});

describe('the verifying command', () => {
  const run = (file: unknown, args: string[] = [], days?: unknown) => {
    const lines: string[] = [];
    const read = (path: string) => JSON.stringify(path === 'days.json' ? days : file);
    const code = verifyLiabilities(['proof.json', ...args], read, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  };

  it('says what it checked, and ends with 0 where the root is the published one', () => {
    const { code, text } = run(proofAt(0), ['--root', published.root]);
    expect(code).toBe(0);
    expect(text).toContain('YES: it is part of what was published.');
    expect(text).toContain(proofAt(0).account);
    expect(text).toContain('3 siblings');
  });

  it('ends with 2 where there is nothing to compare the root with', () => {
    const { code, text } = run(proofAt(0));
    expect(code).toBe(2);
    expect(text).toContain('HALF: the proof agrees with itself');
  });

  it('ends with 1 on any fault, in words', () => {
    expect(run(proofAt(0), ['--root', `0x${'33'.repeat(32)}`]).code).toBe(1);
    for (const { proof } of refused) {
      const { code, text } = run(proof, ['--root', published.root]);
      expect(code).toBe(1);
      expect(text).toMatch(/^NO: /m);
    }
  });

  it('takes the answers of the API as they are', () => {
    const days = { days: [{ day: published.day, assets: [{ ...published, total: 'any' }] }] };
    const answer = { account: proofAt(0).account, day: published.day, proofs: [proofAt(0)] };
    expect(run(answer, ['--published', 'days.json'], days).code).toBe(0);
    expect(run({ ...answer, proofs: [] }, ['--published', 'days.json'], days).code).toBe(1);
    const otherDay = { ...published, day: '2026-02-01' };
    expect(run(answer, ['--published', 'days.json'], { days: [{ assets: [otherDay] }] }).code).toBe(
      1,
    );
  });

  it('refuses a proof of another account or amount than the own one', () => {
    const { account } = proofAt(0);
    const root = ['--root', published.root];
    expect(run(proofAt(0), [...root, '--account', account]).code).toBe(0);
    expect(run(proofAt(0), [...root, '--account', proofAt(1).account]).code).toBe(1);
    expect(run(proofAt(0), [...root, '--amount', '0.5']).code).toBe(1);
  });

  it('runs alone, and tells a broken file apart', { timeout: 60_000 }, () => {
    const command = (...args: string[]) =>
      spawnSync(process.execPath, ['client/verify-liabilities.ts', ...args], { encoding: 'utf8' });
    expect(command().status).toBe(1);
    const broken = command('package.json');
    expect(broken.status).toBe(1);
    expect(broken.stdout).toContain('NO: The file is no proof');
    expect(command('no-such-file.json').status).toBe(1);
  });
});

type Place = { get: () => unknown; with: (value: unknown) => unknown };

/** A proof with one bit changed of one of its values. */
function flipped(proof: LiabilityProofJson, field: number, bit: number): unknown {
  const places = placesIn(proof, (value) => value);
  const place = places[field % places.length];
  if (!place) throw new Error('a proof without values');
  const value = place.get();
  if (typeof value === 'number') return place.with(value ^ (1 << (bit % 31)));
  const bytes = Buffer.from(String(value));
  const at = bit % (8 * bytes.length);
  bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
  return place.with(bytes.toString('latin1'));
}

/** Every text and number in a value, with the way to put another one in its place. */
function placesIn(value: unknown, put: (value: unknown) => unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [{ get: () => value, with: put }];
  return Object.entries(value).flatMap(([name, each]) =>
    placesIn(each, (other) =>
      put(
        Array.isArray(value)
          ? value.map((kept, at) => (String(at) === name ? other : kept))
          : { ...value, [name]: other },
      ),
    ),
  );
}
