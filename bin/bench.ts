import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureColdStarts } from '../bench/cold-start.ts';
import { describeMachine } from '../bench/machine.ts';
import { writeReport } from '../bench/report.ts';
import { setStage } from '../bench/stage.ts';
import { type Measurement, measureThroughput } from '../bench/throughput.ts';
import { measureWarmExports } from '../bench/warm-export.ts';

const help = `Measures the export flow against its alternatives, with origin, S3 and the function as three processes.
Prints the results and writes them to a file; takes about half an hour, and the machine for itself.

  npm run bench -- [options]

  --quick            1 and 64 MiB only, fewer runs
  --sizes N,N,…      the workbooks' sizes in MiB, 1 among them (default 1,64,1024)
  --rounds N         runs of each variant (default 5; of over 512 MiB at most 3)
  --cold-starts N    starts of each bundle (default 11)
  --out FILE         where the results go (default bench/RESULTS.md; - for nowhere)
`;

interface BenchOptions {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly coldStarts: number;
  readonly out: string;
}

const smallChunkBytes = 100;

const say = (words: string) => console.error(words);

/** `npm run bench`. */
async function main(args: readonly string[]): Promise<void> {
  const options = parse(args);
  if (options === undefined) return console.log(help);
  const { sizes, rounds, coldStarts, out } = options;
  const roundsOf = (mebibytes: number) => (mebibytes > 512 ? Math.min(rounds, 3) : rounds);

  const stage = await setStage(sizes);
  try {
    const throughput: Measurement[] = [];
    for (const mebibytes of sizes) {
      for (const chunkBytes of [null, smallChunkBytes]) {
        const field = { mebibytes, chunkBytes, rounds: roundsOf(mebibytes) };
        throughput.push(...(await measureThroughput(stage, field, say)));
      }
    }
    const lastByteRounds = new Map(sizes.map((mebibytes) => [mebibytes, roundsOf(mebibytes)]));
    const report = writeReport({
      command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
      machine: describeMachine(),
      day: new Date().toISOString().slice(0, 10),
      workbooks: stage.workbooks,
      throughput,
      ...(await measureWarmExports(stage, lastByteRounds)),
      coldStarts: await measureColdStarts(coldStarts, say),
    });
    console.log(report);
    if (out !== '-') await writeFile(out, report);
  } finally {
    await stage.close();
  }
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
