/** Whether every pair group has a leader that answers: what a load balancer, a status page and `npm start` ask. */
import { type ApiAnswer, ok, refuse } from '#cloud/http-edge.ts';
import { type MatcherClient, MatcherUnavailable } from '#cloud/matcher-client.ts';
import type { GroupHealthJson, HealthJson } from '#wire/rest-api.ts';

/** `GET /v1/health`: 200 where all groups trade, else 503 with the same list as details. */
export async function checkHealth(
  groups: readonly string[],
  matchers: Pick<MatcherClient, 'health'>,
): Promise<ApiAnswer> {
  const states = await Promise.all(groups.map((group) => healthOf(group, matchers)));
  if (states.some((state) => state.status !== 'ok')) {
    return refuse('unavailable', { groups: states });
  }
  const answer: HealthJson = { status: 'ok', groups: states };
  return ok(answer);
}

async function healthOf(
  group: string,
  matchers: Pick<MatcherClient, 'health'>,
): Promise<GroupHealthJson> {
  try {
    const { leading, epoch, frame, sequence } = await matchers.health(group);
    return { group, status: leading ? 'ok' : 'unavailable', epoch, frame, sequence };
  } catch (error) {
    if (error instanceof MatcherUnavailable) return { group, status: 'unavailable' };
    throw error;
  }
}
