/** Work on the same thing one after the other within a process: rivals that would only make each other try again wait instead. */

export type Turns = {
  /** Does the work when whoever came before has finished with all of these names. */
  take<T>(names: readonly string[], work: () => Promise<T>): Promise<T>;
};

export function createTurns(): Turns {
  /** The end of the newest work on each name that is being worked on. */
  const ends = new Map<string, Promise<void>>();
  return {
    async take(names, work) {
      // All names at once, before any wait: two works with names in common come one after the other, whatever their order.
      const before = names.map((name) => ends.get(name));
      const { promise: end, resolve: finish } = Promise.withResolvers<void>();
      for (const name of names) ends.set(name, end);
      await Promise.all(before);
      try {
        return await work();
      } finally {
        for (const name of names) if (ends.get(name) === end) ends.delete(name);
        finish();
      }
    },
  };
}
