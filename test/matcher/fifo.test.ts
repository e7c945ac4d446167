/** What waits is taken in the order in which it came. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from '../../containers/matcher/fifo.ts';

test('what waits comes out in its order, however much came and went before', () => {
  const acts = fc.array(fc.oneof(fc.constant('take' as const), fc.nat(30)), { maxLength: 80 });
  fc.assert(
    fc.property(acts, (all) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      let pushed = 0;
      for (const act of all) {
        if (act === 'take') expect(fifo.take()).toBe(model.shift());
        else
          for (let left = act; left > 0; left -= 1) {
            pushed += 1;
            fifo.push(pushed);
            model.push(pushed);
          }
        expect(fifo.size).toBe(model.length);
        expect(fifo.first).toBe(model[0]);
        expect(fifo.next(5)).toEqual(model.slice(0, 5));
      }
      expect([...fifo]).toEqual(model);
    }),
  );
});
