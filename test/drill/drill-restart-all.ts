/** Every process is killed at once and all are started again, as after a power cut. */
import type { Drill } from './drill.ts';
import { groups } from './leader-change.ts';

export const drill: Drill = {
  about:
    'kill -9 of every process of the exchange, emulators included, and a start from what is on disk: nothing acknowledged is lost.',
  async harm({ exchange, say }) {
    const before = await Promise.all(groups.map((each) => exchange.lease(each)));
    await exchange.killAll();
    say('killed every process');
    await exchange.startAgain();
    for (const [at, groupId] of groups.entries()) {
      const { epoch } = await exchange.lease(groupId);
      say(`${groupId}: epoch ${before[at]?.epoch} became ${epoch}`);
    }
  },
};
