import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAgenda } from '../../../bench/scale/agenda.ts';

test('an agenda gives the soonest first, of two at once the one that was added first, whenever they were added', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant('take' as const)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (all) => {
      const agenda = createAgenda<number>();
      const waiting: { atSeconds: number; event: number }[] = [];
      const taken: (number | undefined)[] = [];
      const expected: (number | undefined)[] = [];
      for (const [event, step] of [...all, ...all.map(() => 'take' as const)].entries()) {
        if (step === 'take') {
          const [next] = waiting.toSorted((a, b) => a.atSeconds - b.atSeconds || a.event - b.event);
          if (next) waiting.splice(waiting.indexOf(next), 1);
          expected.push(next?.event);
          taken.push(agenda.next()?.event);
        } else {
          agenda.add(step, event);
          waiting.push({ atSeconds: step, event });
        }
      }
      expect(taken).toEqual(expected);
    }),
    { seed: 1, numRuns: 200 },
  );
});
