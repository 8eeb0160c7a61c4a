import { describe, expect, test } from 'vitest';
import { busyWords, quietShareWords, quietWords } from '../../../bench/scale/cost-words.ts';
import { roundUsage as usage } from '../../support/usage.ts';

// 1 - e^(-300/720) is 34.1 %.
describe('the arithmetic beside the table of costs', () => {
  test('of a quiet month tells each fixed price, and metrics by their hours', () => {
    const words = quietWords({ exports: 300, usage });
    expect(words).toMatch(/^A month of 300 exports: alarms \d+ × \$0\.10 = /);
    expect(words).toContain("secrets 2 × $0.40 = $0.80, the topic's key 1 × $1.00 = $1.00");
    expect(words).toMatch(/ × 34\.1 % of the hours × \$0\.30 = \$\d\.\d\d; /);
  });

  test('of a busy month tells its three largest lines, and what is left where nobody waits', () => {
    const words = busyWords({ exports: 1e6, usage }, '$0.09');
    expect(words).toContain('api function (1,000,000 × 8 s) × 0.5 GB × $0.0000133334 = $53.33; ');
    expect(words).toContain('S3, writes 1,000,000 × 6 × $0.005/1,000 = $30.00; and little else.');
    expect(words).toContain('a thousand exports are $0.09.');
  });

  test('tells what share of a quiet month is for watching', () => {
    expect(quietShareWords({ exports: 0, usage })).toMatch(
      /^Of a quiet month's \$\d\.\d\d, dashboard, alarms and metrics are 7\d(\.\d)? %\./,
    );
  });
});
