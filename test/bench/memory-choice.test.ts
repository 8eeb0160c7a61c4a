import { describe, expect, test } from 'vitest';
import type { FunctionName } from '../../bench/bundles.ts';
import { chosenOf, outcomesOf } from '../../bench/memory-choice.ts';
import { memorySection, withMemorySection } from '../../bench/memory-report.ts';
import { memorySizes, type SizedTask, type TaskName } from '../../bench/memory-sizes.ts';

/** Processor time of each task, the same at every size. */
function measuredOf(
  functionName: FunctionName,
  tasks: Partial<Record<TaskName, number>>,
  peakMebibytes: number,
): readonly SizedTask[] {
  return memorySizes.flatMap((memoryMegabytes) =>
    (['cold', 'create', 'look', 'small', 'large'] as const).flatMap((task) => {
      const cpuSeconds = tasks[task];
      if (cpuSeconds === undefined) return [];
      const medianSeconds = (cpuSeconds * 1769) / memoryMegabytes;
      return [
        { functionName, task, memoryMegabytes, medianSeconds, cpuSeconds, peakBytes: peakMebibytes * 2 ** 20, runs: 1 },
      ];
    }),
  );
}

const quickExport = { cold: 0.01, small: 0.01, large: 1 };
const quickApi = { cold: 0.01, create: 0.01, look: 0.01 };

describe('of the memory sizes', () => {
  // A usual export waits 7 s; at 512 MB a second of a processor takes 3.46 s, at 256 MB 6.91 s.
  test.each([
    ['the smallest, where nothing is against it', 'export', quickExport, 100, 256],
    ['one with room for twice the highest RSS', 'export', quickExport, 129, 512],
    ['one at which a usual export takes at most a tenth longer', 'export', { ...quickExport, small: 0.15 }, 100, 512],
    ['a larger one, where that takes longer still', 'export', { ...quickExport, small: 0.35 }, 100, 1024],
    ['one at which a cold export takes at most a quarter longer', 'export', { ...quickExport, cold: 0.5 }, 100, 512],
    ['one at which a cold call takes at most a second', 'api', { ...quickApi, cold: 0.16 }, 100, 512],
  ] as const)('the one to take is %s', (_name, functionName, tasks, peakMebibytes, megabytes) => {
    const outcomes = outcomesOf(functionName, measuredOf(functionName, tasks, peakMebibytes), 7);
    expect(chosenOf(outcomes)?.memoryMegabytes).toBe(megabytes);
  });

  test('a usual export costs the size for as long as it waits and works', () => {
    const [, half] = outcomesOf('export', measuredOf('export', { ...quickExport, small: 0.1 }, 100), 7);
    expect(half?.usualGigabyteSeconds).toBeCloseTo((7 + (0.1 * 1769) / 512) / 2, 10);
  });
});

describe('the section of the results', () => {
  const measured = [...measuredOf('api', quickApi, 100), ...measuredOf('export', quickExport, 129)];
  const section = memorySection({ command: 'c', machine: 'm', day: 'd', measured, waitSeconds: 7 });

  test('names the sizes', () => {
    expect(section).toContain('### The api function: **256 MB**');
    expect(section).toContain('### The export function: **512 MB**');
  });

  test('takes the place of the one before, and of nothing else', () => {
    const results = '# What\n\none\n\n## Memory sizes\n\nold\n\n## Cold start\n\ntwo\n';
    const written = withMemorySection(results, section);
    expect(written).toBe(`# What\n\none\n\n${section}\n## Cold start\n\ntwo\n`);
    expect(withMemorySection(written, section)).toBe(written);
    expect(withMemorySection('# What\n\none\n', section)).toBe(`# What\n\none\n\n${section}`);
  });

  test('says so where nothing could be measured', () => {
    expect(memorySection({ command: 'c', machine: 'm', day: 'd', measured: [], waitSeconds: 7 })).toContain(
      'needs Linux',
    );
  });
});
