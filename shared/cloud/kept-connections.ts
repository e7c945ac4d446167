/**
 * Keep-alive connections to matchers, dropped after a pause. Lambda freezes a function between two requests; a
 * connection that the matcher closed meanwhile looks open, and what is sent on it is lost or waits in vain.
 */
import { Agent } from 'node:http';
import type { Clock } from './clock.ts';

/** Below the 75 s after which the matcher closes an idle connection; far above any reply's limit, so none is cut off. */
const longestPauseMs = 30_000;

/** Answers the agent for the next request. */
export function keptConnections(clock: Pick<Clock, 'monotonicMs'>): () => Agent {
  const open = () => new Agent({ keepAlive: true, maxSockets: 64 });
  let agent = open();
  let usedAtMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - usedAtMs > longestPauseMs) {
      agent.destroy();
      agent = open();
    }
    usedAtMs = nowMs;
    return agent;
  };
}
