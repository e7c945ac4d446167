/** The bill of an idle cloud, computed from the template. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { StageName } from '../../infra/settings.ts';
import { customMetrics, monthly } from './price.ts';
import { resourcesOf } from './synthesized.ts';

const total = (stage: StageName) =>
  // Types that CDK's custom resource brings along are functions and roles, which cost nothing while idle.
  monthly(resourcesOf(stage)).reduce((sum, { dollars }) => sum + dollars, 0);

test('the dev stage costs less than 60 $ a month while nobody trades', { timeout: 60_000 }, () => {
  expect(total('dev')).toBeGreaterThan(20);
  expect(total('dev')).toBeLessThan(60);
});

test('no more than 60 custom metrics are paid for', () => {
  expect(customMetrics).toBeLessThanOrEqual(60);
});

test('the page about cost says what the template costs', () => {
  const page = readFileSync('docs/operations/cost.md', 'utf8');
  for (const stage of ['dev', 'prod'] as const) {
    expect(page).toContain(`**${total(stage).toFixed(2)} $**`);
    for (const { what, dollars } of monthly(resourcesOf(stage))) {
      expect(page).toMatch(
        new RegExp(`\\| ${what.replace(/[()]/g, '\\$&')} \\|.*${dollars.toFixed(2)}`),
      );
    }
  }
});

test('a resource type without a price fails this test', () => {
  const priceless = { id: 'Network/Nat', type: 'AWS::EC2::NatGateway', properties: {} };
  expect(() => monthly([{ ...priceless, deletionPolicy: undefined, dependsOn: [] }])).toThrow(
    'has no price',
  );
});
