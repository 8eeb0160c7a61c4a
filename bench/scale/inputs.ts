import { defaultLeaseSeconds } from '../../functions/export/export-function.ts';
import { messageRetentionSeconds } from '../../functions/ledger/read-record.ts';
import { firstPauseMs, longestWaitMs, pauseAfter } from '../../functions/api/wait.ts';
import { deployment } from './deployment.ts';
import { meanOf } from './random.ts';
import { meanRunSeconds, origins, type Scenario } from './scenario.ts';
import { duration, number, table } from './words.ts';

/** What the simulation is told, and where each number comes from. */
export function inputTable(scenario: Scenario): string {
  const { maximumConcurrency, longestTryWaitsSeconds, deadlineSeconds, beatSeconds } = scenario;
  const { quick, usual, slow } = origins;
  const { provenMebibytesPerCpuSecond, runCpuSeconds, exportMemoryMegabytes, megabytesPerCpu } = deployment;
  return table(
    ['what', 'value', 'where from'],
    [
      ['`maximum_concurrency`', number(maximumConcurrency), 'settings, the default'],
      [
        'tries, and the waits between them',
        `${longestTryWaitsSeconds.length + 1}; a random part of ${longestTryWaitsSeconds.join(' s and ')} s`,
        '`functions/export/tries.ts`',
      ],
      ['lease and heartbeat', `${defaultLeaseSeconds} s, ${beatSeconds} s`, '`functions/export/export-function.ts`'],
      ['a run gives up after', duration(deadlineSeconds), '`functions/export/run-export.ts` and the stack'],
      ['a create waits at most', duration(longestWaitMs / 1000), '`functions/api/wait.ts`'],
      [
        'pauses between looks',
        `${firstPauseMs} ms, growing to ${number(pauseAfter(Number.POSITIVE_INFINITY))} ms`,
        '`functions/api/wait.ts`',
      ],
      ['the queue keeps a message', duration(messageRetentionSeconds), '`functions/ledger/read-record.ts`'],
      [
        'AWS calls of a create and of a run',
        'as listed there',
        'measured: `bench/RESULTS.md`, and a claim for the key',
      ],
      [
        'proof and transfer of a workbook',
        `${number(scenario.mebibytesPerSecond)} MiB/s`,
        `measured on x86: ${number(provenMebibytesPerCpuSecond)} MiB for a second of a processor (DECISIONS.md, 31); times ${exportMemoryMegabytes}/${megabytesPerCpu} processors, which AWS says; not measured on Lambda`,
      ],
      [
        'work of a run besides',
        duration((runCpuSeconds * megabytesPerCpu) / exportMemoryMegabytes),
        `measured: \`bench/RESULTS.md\`, ${runCpuSeconds} s of a processor; likewise`,
      ],
      [
        'one call of AWS',
        duration(deployment.awsCallSeconds),
        'published: the lower end of what S3 says of small objects; assumed for SQS',
      ],
      [
        'a workbook',
        `half under ${scenarioMedian(scenario)} MiB, mean ${number(meanOf(scenario.workbookMebibytes))} MiB`,
        'assumed (1 MiB is 30,000 rows in the bench)',
      ],
      [
        'how long Knosc takes',
        `half in ${quick.median}, ${usual.median} or ${slow.median} s (quick, usual, slow); means ${number(meanOf(quick))}, ${number(meanOf(usual))}, ${number(meanOf(slow))} s`,
        'assumed; Knosc says nothing',
      ],
      ['a whole run, usual', duration(meanRunSeconds(scenario)), 'follows'],
      ['arrivals', 'at random (Poisson)', 'assumed; schedules that all fire at six are worse'],
      [
        'callers',
        'all wait, and after a 202 ask again with `?wait=20` until the end',
        'assumed; the dearest there are',
      ],
    ],
  );
}

function scenarioMedian({ workbookMebibytes }: Scenario): string {
  return workbookMebibytes.kind === 'log-normal' ? number(workbookMebibytes.median) : number(meanOf(workbookMebibytes));
}
