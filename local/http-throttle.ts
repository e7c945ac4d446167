/** Token buckets that hold a stage's requests to its throttling settings. */
import type { RouteThrottle, StageThrottle } from './api-routes.ts';

type Bucket = { tokens: number; filledAtMs: number; ratePerSecond: number; burst: number };

/** Gives a function that takes one token of the route's bucket, or answers false: too many requests. */
export function createThrottle(
  settings: StageThrottle,
): (routeKey: string, nowMs: number) => boolean {
  const buckets = new Map<string, Bucket | undefined>();
  return (routeKey, nowMs) => {
    if (!buckets.has(routeKey)) {
      const limits = { ...settings.default, ...settings.routes[routeKey] };
      buckets.set(routeKey, openBucket(limits, nowMs));
    }
    const bucket = buckets.get(routeKey);
    return bucket === undefined || takeToken(bucket, nowMs);
  };
}

function openBucket(limits: RouteThrottle, nowMs: number): Bucket | undefined {
  const { ThrottlingRateLimit: ratePerSecond, ThrottlingBurstLimit } = limits;
  if (ratePerSecond === undefined) return undefined;
  const burst = ThrottlingBurstLimit ?? Math.ceil(ratePerSecond);
  return { tokens: burst, filledAtMs: nowMs, ratePerSecond, burst };
}

function takeToken(bucket: Bucket, nowMs: number): boolean {
  const gained = (Math.max(0, nowMs - bucket.filledAtMs) / 1000) * bucket.ratePerSecond;
  bucket.tokens = Math.min(bucket.burst, bucket.tokens + gained);
  bucket.filledAtMs = nowMs;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
