import { expect, test } from 'vitest';
import { coverageOf } from '../../../functions/export/coverage.ts';
import type { ExportRequest } from '../../../functions/ledger/export-request.ts';

test.each<[NonNullable<ExportRequest['index']> | undefined, readonly number[], string]>([
  [undefined, [5], 'unknown'],
  [{}, [5], 'unknown'],
  [{ offset: 0 }, [5], 'unknown'],
  [{ limit: 6 }, [5], 'whole'],
  [{ limit: 6, offset: 0 }, [5], 'whole'],
  [{ limit: 5 }, [5], 'page'],
  [{ limit: 5 }, [3, 2], 'page'],
  [{ limit: 6 }, [3, 2], 'whole'],
  [{ limit: 10 }, [0], 'whole'],
  [{ limit: 6, offset: 1 }, [5], 'page'],
  [{ offset: 1 }, [0], 'page'],
])('with the index %j sheets of %j rows are coverage %s', (index, rows, coverage) => {
  const sheets = rows.map((count) => ({ name: 'Sheet', rows: count }));
  expect(coverageOf({ view_name: 'item_master', ...(index && { index }) }, sheets)).toBe(coverage);
});
