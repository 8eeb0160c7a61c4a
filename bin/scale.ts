import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { documentsWithTables } from '../bench/scale/documents.ts';

const help = `Reckons and simulates how the proxy scales and what it costs, and writes the tables into docs/scale.md, docs/cost.md and README.md.

  npm run scale -- [options]

  --check    writes nothing; ends with 1 where a document is not as it would be written
`;

/** `npm run scale`. */
async function main(args: readonly string[]): Promise<void> {
  const options = parse(args);
  if (options.help) return console.log(help);
  const root = fileURLToPath(new URL('..', import.meta.url));
  const documents = await documentsWithTables((path) => readFile(`${root}${path}`, 'utf8'));
  for (const { path, text, isAsItWas } of documents) {
    console.log(
      `${path}: ${isAsItWas ? 'as it was' : options.check ? 'not as npm run scale would write it' : 'written'}`,
    );
    if (isAsItWas) continue;
    if (options.check) process.exitCode = 1;
    else await writeFile(`${root}${path}`, text);
  }
}

function parse(args: readonly string[]) {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, check: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\nnpm run scale -- --help tells all options.`,
    );
    return process.exit(2);
  }
}

await main(process.argv.slice(2));
