import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureColdStarts } from '../bench/cold-start.ts';
import { describeMachine } from '../bench/machine.ts';
import { memorySection, withMemorySection } from '../bench/memory-report.ts';
import { measureMemorySizes, taskWorkbooks } from '../bench/memory-sizes.ts';
import { writeReport } from '../bench/report.ts';
import { deployment } from '../bench/scale/deployment.ts';
import { parseMeasuredCalls } from '../bench/scale/measured-calls.ts';
import { meanOf } from '../bench/scale/random.ts';
import { origins } from '../bench/scale/scenario.ts';
import { setStage, type Stage } from '../bench/stage.ts';
import { type Measurement, measureThroughput } from '../bench/throughput.ts';
import { measureWarmExports } from '../bench/warm-export.ts';

const help = `Measures the export flow against its alternatives, with origin, S3 and the function as three processes.
Prints the results and writes them to a file; takes about half an hour, and the machine for itself.

  npm run bench -- [options]

  --quick            1 and 64 MiB only, fewer runs
  --sizes N,N,…      the workbooks' sizes in MiB, 1 among them (default 1,64,1024)
  --rounds N         runs of each variant (default 5)
  --cold-starts N    starts of each bundle (default 11)
  --memory-sizes     only the functions at several memory sizes; takes a few minutes, on Linux
  --out FILE         where the results go (default bench/RESULTS.md; - for nowhere)
`;

interface BenchOptions {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly coldStarts: number;
  readonly memorySizesOnly: boolean;
  readonly out: string;
}

const smallChunkBytes = 100;

const say = (words: string) => console.error(words);

/** `npm run bench`. */
async function main(args: readonly string[]): Promise<void> {
  const options = parse(args);
  if (options === undefined) return console.log(help);
  const { sizes, rounds, coldStarts, memorySizesOnly, out } = options;
  const run = {
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    machine: describeMachine(),
    day: new Date().toISOString().slice(0, 10),
  };
  if (memorySizesOnly) return measureMemoryOnly(run, rounds, out);
  const stage = await setStage([...new Set([...sizes, ...taskWorkbooks])]);
  try {
    const throughput: Measurement[] = [];
    for (const mebibytes of sizes) {
      for (const chunkBytes of [null, smallChunkBytes]) {
        const field = { mebibytes, chunkBytes, rounds };
        throughput.push(...(await measureThroughput(stage, field, say)));
      }
    }
    const lastByteRounds = new Map(sizes.map((mebibytes) => [mebibytes, rounds]));
    const report = writeReport({
      ...run,
      workbooks: stage.workbooks,
      throughput,
      ...(await measureWarmExports(stage, lastByteRounds)),
      coldStarts: await measureColdStarts(coldStarts, say),
    });
    const whole = withMemorySection(report, await memorySectionOf(stage, run, rounds, report));
    console.log(whole);
    if (out !== '-') await writeFile(out, whole);
  } finally {
    await stage.close();
  }
}

interface BenchRun {
  readonly command: string;
  readonly machine: string;
  readonly day: string;
}

/** The rest of the results stays as it is. */
async function measureMemoryOnly(run: BenchRun, rounds: number, out: string): Promise<void> {
  const path = out === '-' ? 'bench/RESULTS.md' : out;
  const results = await readFile(path, 'utf8').catch(() => {
    console.error(
      `--memory-sizes writes its section into results that are there; ${path} cannot be read. Name some by --out, or run the whole bench.\nnpm run bench -- --help tells all options.`,
    );
    return process.exit(2);
  });
  const stage = await setStage(taskWorkbooks);
  try {
    const section = await memorySectionOf(stage, run, rounds, results);
    console.log(section);
    if (out !== '-') await writeFile(out, withMemorySection(results, section));
  } finally {
    await stage.close();
  }
}

async function memorySectionOf(stage: Stage, run: BenchRun, rounds: number, results: string): Promise<string> {
  const measured = await measureMemorySizes(stage, rounds, say);
  const waitSeconds = meanOf(origins.usual) + parseMeasuredCalls(results).run.length * deployment.awsCallSeconds;
  return memorySection({ ...run, measured, waitSeconds });
}

function parse(args: readonly string[]): BenchOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        quick: { type: 'boolean', default: false },
        sizes: { type: 'string' },
        rounds: { type: 'string' },
        'cold-starts': { type: 'string' },
        'memory-sizes': { type: 'boolean', default: false },
        out: { type: 'string', default: 'bench/RESULTS.md' },
      },
    });
    if (values.help) return undefined;
    const usual = values.quick
      ? { sizes: '1,64', rounds: '2', starts: '3' }
      : { sizes: '1,64,1024', rounds: '5', starts: '11' };
    const sizes = (values.sizes ?? usual.sizes).split(',').map((size) => wholeNumber('--sizes', size));
    if (!sizes.includes(1)) throw new Error('--sizes needs 1 among them: each run exports 1 MiB first.');
    return {
      sizes,
      rounds: wholeNumber('--rounds', values.rounds ?? usual.rounds),
      coldStarts: wholeNumber('--cold-starts', values['cold-starts'] ?? usual.starts),
      memorySizesOnly: values['memory-sizes'],
      out: values.out,
    };
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nnpm run bench -- --help tells all options.`,
    );
    return process.exit(2);
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error(`${name} is given ${JSON.stringify(text)}; give whole numbers from 1 to 9999.`);
}

await main(process.argv.slice(2));
