import { expect, test } from 'vitest';
import { createExpansion } from '../../../../functions/export/proof/expansion.ts';

const mib = 2 ** 20;

test.each([
  ['256 MiB out of nothing', 0, 256 * mib],
  ['100 bytes for each more', 10 * mib, 1256 * mib],
  ['64 GiB at most', 2000 * mib, 65_536 * mib],
])('%s may come out of a file, and no byte more', (_name, position, bytes) => {
  const expansion = createExpansion();
  expansion.add(bytes - 1, position);
  expansion.add(1, position);
  expect(() => expansion.add(1, position)).toThrow('which no workbook of its size does');
});
