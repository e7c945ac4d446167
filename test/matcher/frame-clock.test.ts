import { expect, test } from 'vitest';
import { address, groupId, MatcherWorld } from './matcher-world.ts';

test('"each frame carries a logical clock = max(previous, clocks of its grants) + 1"', async () => {
  const world = new MatcherWorld();
  world.ledger.fund(address('alice'), 'USDC', 1_000_000n);
  const running = await world.start();
  const place = () =>
    world.send(running, world.order('alice', { side: 'buy', ticks: 90, lots: 1 }));
  await place();
  world.ledger.clear(groupId, world.journal);
  // Another group gave back what is granted next, in a frame of a far later clock.
  world.ledger.stamp = 500;
  for (let more = 0; more < 3; more += 1) {
    await place();
    world.ledger.clear(groupId, world.journal);
  }

  const frames = world.journal.frames(groupId);
  const clocks = frames.map(({ clock, outcomes }) => {
    const grants = outcomes.flatMap(({ command }) =>
      command.type === 'grant' ? [command.clock] : [],
    );
    return { clock, grants };
  });
  let previous = 0;
  for (const { clock, grants } of clocks) {
    expect(clock).toBe(Math.max(previous, ...grants) + 1);
    previous = clock;
  }
  expect(clocks.some(({ grants }) => grants.includes(500))).toBe(true);
});
