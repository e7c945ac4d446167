/** The process that leads the busiest pair group is killed, as by a host that dies. */
import type { Drill } from './drill.ts';
import { kill } from './drilled-exchange.ts';
import { epochRises, groupUnderHarm } from './leader-change.ts';

export const drill: Drill = {
  about:
    'kill -9 of the leading matcher under load: another process leads after the lease, with every acknowledged command.',
  async harm({ exchange, say }) {
    const { pid, name } = await exchange.leader(groupUnderHarm);
    await epochRises(exchange, groupUnderHarm, say, async () => {
      kill(pid);
      say(`killed ${name}, process ${pid}`);
    });
  },
};
