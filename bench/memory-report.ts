import { chosenOf, memoryRule, outcomesOf } from './memory-choice.ts';
import { type SizedTask, taskNames } from './memory-sizes.ts';
import { deployment } from './scale/deployment.ts';
import { prices } from './scale/prices.ts';
import { duration, number, percent, table } from './scale/words.ts';

const heading = '## Memory sizes';

/** What one run of the bench found out about them. */
export interface MemoryFindings {
  readonly command: string;
  readonly machine: string;
  readonly day: string;
  readonly measured: readonly SizedTask[];
  /** What a usual export waits for Knosc and for AWS. */
  readonly waitSeconds: number;
}

/** The section of the results. */
export function memorySection({ command, machine, day, measured, waitSeconds }: MemoryFindings): string {
  if (measured.length === 0) return `${heading}\n\nNot measured: this needs Linux.\n`;
  return [
    heading,
    `\`${command}\`, ${day}, ${machine}`,
    `Lambda gives a function ${deployment.megabytesPerCpu} MB for each processor. Each bundle runs in a fresh process that is stopped and let go so that it has that share of one processor; origin and S3 have theirs beside it. "Reckoned" is processor time, the median over all sizes, divided by the share: it holds on a busy machine too. "Measured" is the clock, and contains what the machine was busy with. A usual export waits ${duration(waitSeconds)} for Knosc and AWS besides, and is 1 MiB.`,
    ...(['api', 'export'] as const).flatMap((functionName) => sizeTables(functionName, measured, waitSeconds)),
    `The rule: the cheapest size with room for ${memoryRule.room} times the highest RSS, at which a usual export takes at most ${percent(memoryRule.usual - 1)} longer than with a whole processor, warm, and ${percent(memoryRule.usualCold - 1)} cold; and at which a cold call of the api function that waits for nothing takes at most ${duration(memoryRule.coldCallSeconds)}. Lambda may give more of a processor while a function starts; that is not reckoned with.`,
  ]
    .join('\n\n')
    .concat('\n');
}

function sizeTables(functionName: 'api' | 'export', measured: readonly SizedTask[], waitSeconds: number) {
  const outcomes = outcomesOf(functionName, measured, waitSeconds);
  const own = measured.filter((one) => one.functionName === functionName);
  const peakBytes = Math.max(...own.map((one) => one.peakBytes));
  const chosen = chosenOf(outcomes);
  const tasks = Object.entries(taskNames[functionName]);
  return [
    `### The ${functionName} function: ${chosen === undefined ? 'no size keeps the rule' : `**${chosen.memoryMegabytes} MB**`}`,
    table(
      [
        'MB',
        'of a processor',
        ...tasks.map(([, words]) => `${words}: reckoned, measured`),
        'a usual export, warm; cold',
        'GB-s of it',
        'a thousand of them',
        'against it',
      ],
      outcomes.map((outcome) => [
        number(outcome.memoryMegabytes),
        percent(outcome.share),
        ...tasks.map(([task]) => {
          const found = outcome.tasks.find((one) => one.task === task);
          return found ? `${duration(found.reckonedSeconds)}, ${duration(found.measuredSeconds)}` : '';
        }),
        `${duration(outcome.usualSeconds)}; ${duration(outcome.coldSeconds)}`,
        outcome.usualGigabyteSeconds.toFixed(1),
        `$${(outcome.usualGigabyteSeconds * 1_000 * prices.lambdaArmGigabyteSecond.dollars).toFixed(3)}`,
        outcome.against.join(', '),
      ]),
    ),
    `Highest RSS ${Math.round(peakBytes / 2 ** 20)} MiB; ${Math.max(...own.map(({ runs }) => runs))} runs of each.`,
  ];
}

/** The results with this section in the place of the one that they have, else at their end. */
export function withMemorySection(results: string, section: string): string {
  const [before = '', after] = results.split(`${heading}\n`);
  if (after === undefined) return `${results.trimEnd()}\n\n${section}`;
  const next = after.indexOf('\n## ');
  return `${before}${section}${next < 0 ? '' : after.slice(next)}`;
}
