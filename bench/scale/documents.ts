import { costTables, readmeTables } from './cost-tables.ts';
import { withTables } from './included.ts';
import { parseMeasuredCalls } from './measured-calls.ts';
import { scaleTables } from './scale-tables.ts';
import { createStudy } from './study.ts';

/** A document with its tables, and whether it already had them. */
interface WrittenDocument {
  readonly path: string;
  readonly text: string;
  readonly isAsItWas: boolean;
}

/** docs/scale.md, docs/cost.md and the README with the tables that the simulation gives now. `read` takes paths from the project's folder. */
export async function documentsWithTables(
  read: (path: string) => Promise<string>,
): Promise<readonly WrittenDocument[]> {
  const study = createStudy(parseMeasuredCalls(await read('bench/RESULTS.md')));
  const documents = [
    { path: 'docs/scale.md', tables: scaleTables(study) },
    { path: 'docs/cost.md', tables: costTables(study) },
    { path: 'README.md', tables: readmeTables(study) },
  ];
  return Promise.all(
    documents.map(async ({ path, tables }) => {
      const before = await read(path);
      const text = withTables(before, tables);
      return { path, text, isAsItWas: text === before };
    }),
  );
}
