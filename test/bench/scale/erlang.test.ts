import { describe, expect, test } from 'vitest';
import { meanWaitSeconds, serversFor, shareWaitingLongerThan, shareWhoWait } from '../../../bench/scale/erlang.ts';

describe('Erlang C', () => {
  // One server: its load. Two: a^2 / (2 + a). Ten at 8 Erlangs and fifty-five at 50: printed tables of Erlang C.
  test.each([
    [1, 0.3, 0.3],
    [2, 1, 1 / 3],
    [2, 1.5, 2.25 / 3.5],
    [10, 8, 0.4092],
  ])('of %i servers and %f Erlangs has a share of %f wait', (servers, load, share) => {
    expect(shareWhoWait({ servers, arrivalsPerSecond: load, meanServiceSeconds: 1 })).toBeCloseTo(share, 4);
  });

  test('of one server has the mean wait of M/M/1, and of M/D/1 half of it', () => {
    const queue = { servers: 1, arrivalsPerSecond: 0.8, meanServiceSeconds: 1 };
    expect(meanWaitSeconds(queue)).toBeCloseTo(4, 10);
    expect(meanWaitSeconds({ ...queue, squaredVariation: 0 })).toBeCloseTo(2, 10);
  });

  test('does not overflow for a thousand servers', () => {
    const share = shareWhoWait({ servers: 1_000, arrivalsPerSecond: 950, meanServiceSeconds: 1 });
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.2);
  });

  test('has everybody wait, for ever, where the load is not less than the servers', () => {
    const queue = { servers: 2, arrivalsPerSecond: 2, meanServiceSeconds: 1 };
    expect(shareWhoWait(queue)).toBe(1);
    expect(shareWaitingLongerThan(1e9, queue)).toBe(1);
    expect(meanWaitSeconds(queue)).toBe(Number.POSITIVE_INFINITY);
  });

  test('finds the fewest servers that keep the waits short', () => {
    const load = { arrivalsPerSecond: 2, meanServiceSeconds: 7 };
    const servers = serversFor({ longestWaitSeconds: 5, share: 0.05 }, load);
    expect(shareWaitingLongerThan(5, { ...load, servers })).toBeLessThanOrEqual(0.05);
    expect(shareWaitingLongerThan(5, { ...load, servers: servers - 1 })).toBeGreaterThan(0.05);
  });
});
