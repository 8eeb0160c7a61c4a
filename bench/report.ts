import { availableParallelism } from 'node:os';
import type { ColdStart } from './cold-start.ts';
import { median } from './median.ts';
import type { WorkbookFacts } from './stage.ts';
import { type Measurement, nameOf, type Variant } from './throughput.ts';
import type { CallCounts, LastByteTimes } from './warm-export.ts';

/** All that one run of the bench found out. */
export interface Findings {
  readonly command: string;
  readonly machine: string;
  readonly day: string;
  readonly workbooks: ReadonlyMap<number, WorkbookFacts>;
  readonly throughput: readonly Measurement[];
  readonly lastByte: readonly LastByteTimes[];
  readonly calls: CallCounts;
  readonly coldStarts: readonly ColdStart[];
}

/** The results as Markdown. */
export function writeReport(findings: Findings): string {
  const { command, machine, day, workbooks, throughput, lastByte, calls, coldStarts } = findings;
  return [
    '# What the bench measured',
    `\`${command}\`, ${day}\n\n${machine}`,
    'Origin, S3 and the function are three processes that share these cores; S3 is the sandbox, which writes every body to disk. Each run is a fresh process that exports 1 MiB first (idle) and is measured then; the variants run in turn, forwards and backwards. Throughput is the median, memory the highest of all runs; a ratio is the median of the ratios of each round. "own", "origin" and "S3" are the processor time, user and system, that each process used for the workbook.',
    '## Workbooks',
    workbookTable(workbooks),
    '## Throughput and memory',
    ...throughputTables(throughput),
    '## Bars',
    barTable(throughput),
    "## From the origin's last byte to the caller's answer",
    'Whole export function, warm, invoked directly.',
    table(
      ['workbook', 'median', 'runs'],
      lastByte.map(({ mebibytes, medianMs, runs }) => [`${mebibytes} MiB`, milliseconds(medianMs), String(runs)]),
    ),
    '## Calls of a small warm export',
    ...callLists(calls),
    '## Cold start',
    'From the start of a process to the first answer (api: a health check; export: the refusal of an empty payload), each bundle as deployed, and with each package of over 3 % of it replaced by a stub.',
    coldStartTable(coldStarts),
  ]
    .join('\n\n')
    .concat('\n');
}

function workbookTable(workbooks: ReadonlyMap<number, WorkbookFacts>): string {
  return table(
    ['workbook', 'bytes', 'inflated', 'ratio', 'sheets', 'rows'],
    [...workbooks].map(([size, { bytes, inflatedBytes, sheets, rows }]) => [
      `${size} MiB`,
      grouped(bytes),
      `${mebibytesOf(inflatedBytes)} MiB`,
      `${(inflatedBytes / bytes).toFixed(1)} : 1`,
      String(sheets),
      grouped(rows),
    ]),
  );
}

function throughputTables(measurements: readonly Measurement[]): readonly string[] {
  return fieldsOf(measurements).flatMap((field) => [
    `### ${field.title}`,
    table(
      ['', 'what', 'MiB/s', 'own', 'origin', 'S3', 'peak RSS over idle', 'idle', 'runs'],
      field.measurements.map(({ variant, mebibytesPerSecond, cpuSeconds, peakOverIdleBytes, idleBytes, runs }) => [
        `(${variant})`,
        nameOf(variant),
        mebibytesPerSecond.toFixed(1),
        ...[cpuSeconds.own, cpuSeconds.origin, cpuSeconds.aws].map((own) => (own === undefined ? '' : seconds(own))),
        peakOverIdleBytes === undefined ? '' : `${mebibytesOf(peakOverIdleBytes)} MiB`,
        idleBytes === undefined ? '' : `${mebibytesOf(idleBytes)} MiB`,
        String(runs),
      ]),
    ),
    `Ratios: ${ratiosOf(field.measurements)}`,
  ]);
}

interface Field {
  readonly title: string;
  readonly measurements: readonly Measurement[];
}

function fieldsOf(measurements: readonly Measurement[]): readonly Field[] {
  const byTitle = Map.groupBy(measurements, ({ mebibytes, chunkBytes }) =>
    chunkBytes === null
      ? `${mebibytes} MiB, chunks as the socket gives them`
      : `${mebibytes} MiB, in chunks of ${chunkBytes} bytes`,
  );
  return [...byTitle].map(([title, own]) => ({ title, measurements: own }));
}

const ratios = [
  ['a', 'e'],
  ['b', 'c'],
  ['a', 'b'],
  ['a', 'f'],
  ['b', 'f'],
  ['b', 'd'],
] as const satisfies readonly (readonly [Variant, Variant])[];

function ratiosOf(measurements: readonly Measurement[]): string {
  const find = (variant: Variant) => measurements.find((own) => own.variant === variant);
  return ratios
    .flatMap(([over, under]) => {
      const ratio = ratioOf(find(over), find(under));
      return ratio === undefined ? [] : [`${over}/${under} ${ratio.median.toFixed(2)}`];
    })
    .join(' · ');
}

interface Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** How much faster one is than the other, round by round. */
function ratioOf(over: Measurement | undefined, under: Measurement | undefined): Ratio | undefined {
  if (!over || !under) return undefined;
  const rounds = over.roundSeconds.map((own, round) => (under.roundSeconds[round] ?? Number.NaN) / own);
  return { median: median(rounds), lowest: Math.min(...rounds), highest: Math.max(...rounds) };
}

function ratioWords(ratio: Ratio | undefined): string {
  if (!ratio) return 'not measured';
  const [middle, lowest, highest] = [ratio.median, ratio.lowest, ratio.highest].map((one) => one.toFixed(2));
  return `${middle} (${lowest} to ${highest})`;
}

/** The bars that issue 5 set. Those of throughput are met by the largest workbook in chunks as the socket gives them. */
function barTable(measurements: readonly Measurement[]): string {
  const largest = Math.max(...measurements.map(({ mebibytes }) => mebibytes));
  const find: Find = (variant, mebibytes, isSmall) =>
    measurements.find(
      (own) => own.variant === variant && own.mebibytes === mebibytes && (own.chunkBytes !== null) === isSmall,
    );
  const words = (over: Variant, under: Variant) =>
    ratioWords(ratioOf(find(over, largest, false), find(under, largest, false)));
  const rows: string[][] = [
    [`(a) is at least 0.8 of (e), ${largest} MiB`, words('a', 'e')],
    ['what (a) would reach of (e), were the cores never idle and shared by nobody else', idealRatio(find, largest)],
    [`(b) is at least 0.9 of (c), ${largest} MiB`, words('b', 'c')],
  ];
  for (const isSmall of [false, true]) {
    const [more, less] = [find('a', 1024, isSmall)?.peakOverIdleBytes, find('a', 64, isSmall)?.peakOverIdleBytes];
    const chunks = isSmall ? 'chunks of 100 bytes' : "the socket's chunks";
    if (more !== undefined)
      rows.push([`peak over idle of 1 GiB is at most 96 MiB, ${chunks}`, `${mebibytesOf(more)} MiB`]);
    if (more !== undefined && less !== undefined) {
      rows.push([
        `that of 64 MiB is within 16 MiB of it, ${chunks}`,
        `${mebibytesOf(Math.abs(more - less))} MiB apart`,
      ]);
    }
  }
  return table(['bar', 'measured'], rows);
}

type Find = (variant: Variant, mebibytes: number, isSmall: boolean) => Measurement | undefined;

/** The processor time of (a)'s three processes, spread evenly over the cores, against the time of (e). */
function idealRatio(find: Find, mebibytes: number, cores = availableParallelism()): string {
  const [a, e] = [find('a', mebibytes, false), find('e', mebibytes, false)];
  if (!a || !e) return '';
  const { own, origin = 0, aws = 0 } = a.cpuSeconds;
  return (e.seconds / ((own + origin + aws) / cores)).toFixed(2);
}

function callLists(calls: CallCounts): readonly string[] {
  return [
    callList('Export function to AWS, for a message', calls.exportToAws),
    callList('Export function to the origin', calls.exportToOrigin),
    callList(
      'Export function to AWS, invoked directly (the message of its take-over and the link come on top)',
      calls.invocationToAws,
    ),
    callList('Api function, for the request that begins an export (it looks at the record once)', calls.createToAws),
    callList('Api function, for a look at the ready export', calls.lookToAws),
  ];
}

function callList(title: string, calls: readonly string[]): string {
  const lines = calls.map((call, index) => `${index + 1}. \`${withoutIds(call)}\``);
  return `${title}: **${calls.length}**\n\n${lines.join('\n')}`;
}

/** Export ids and hashes change in each run. */
function withoutIds(call: string): string {
  return call
    .replace(/[0-9A-Z]{26}/, '{export_id}')
    .replace(/[0-9a-f]{64}/, '{sha256}')
    .replace(/[0-9a-f-]{36}/, '{id}');
}

function coldStartTable(coldStarts: readonly ColdStart[]): string {
  const wholeOf = (name: string) =>
    coldStarts.find(({ functionName, leftOut }) => functionName === name && leftOut === undefined)?.medianMs;
  return table(
    ['bundle', 'left out', 'size', 'median', 'less', 'runs'],
    coldStarts.map(({ functionName, leftOut, bundleBytes, medianMs, runs }) => {
      const whole = wholeOf(functionName);
      return [
        functionName,
        leftOut ?? '',
        `${Math.round(bundleBytes / 1024)} KiB`,
        medianMs === undefined ? 'does not start' : milliseconds(medianMs),
        medianMs === undefined || whole === undefined || leftOut === undefined ? '' : milliseconds(whole - medianMs),
        String(runs),
      ];
    }),
  );
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function mebibytesOf(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function grouped(value: number): string {
  return value.toLocaleString('en');
}
