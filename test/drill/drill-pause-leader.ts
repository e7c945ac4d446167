/** The leader stands still for longer than its lease and then goes on, as after a stopped host or a long pause of its memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill } from './drill.ts';
import { kill } from './drilled-exchange.ts';
import { epochRises, groupUnderHarm } from './leader-change.ts';
import { startSecondTask } from './second-task.ts';

/** After another process leads, so that the first one wakes as one of two. */
const longerMs = 2_000;

export const drill: Drill = {
  about:
    'SIGSTOP of the leading matcher until another process leads, then SIGCONT: the one that wakes acknowledges nothing any more.',
  async harm({ exchange, say, atEnd }) {
    const leader = await exchange.leader(groupUnderHarm);
    const tasks = exchange.tasks(groupUnderHarm);
    if (tasks.length < 2) {
      // Without a standby ECS starts another task once the health checks of the first one fail.
      const second = startSecondTask(leader, exchange.stateFolder);
      atEnd(second.kill);
      say(`started process ${second.pid} beside ${leader.name}, as ECS would`);
    }
    await epochRises(exchange, groupUnderHarm, say, async () => {
      kill(leader.pid, 'SIGSTOP');
      say(`stopped process ${leader.pid} where it stood`);
    });
    say(`another process answers after another ${await exchange.healthy()} ms`);
    await sleep(longerMs);
    kill(leader.pid, 'SIGCONT');
    say(`process ${leader.pid} goes on`);
  },
};
