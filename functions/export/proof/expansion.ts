import { unsound } from './unsound.ts';

const mib = 1024 * 1024;
/** However small the file is, this much may come out of it. */
const freeBytes = 256 * mib;
/** Sheets of real tables inflate to 5 to 30 times their size, deflate's own limit is 1032. */
const bytesForOne = 100;
const mostBytes = 64 * 1024 * mib;

/**
 * The bound on what all entries together inflate to: 256 MiB plus 100 bytes for each byte of the file that has arrived, at
 * most 64 GiB. Because it counts for the whole file, many small bombs are no way around it.
 */
export function createExpansion() {
  let inflatedBytes = 0;
  return {
    add: (bytes: number, position: number) => {
      inflatedBytes += bytes;
      const bound = Math.min(mostBytes, freeBytes + bytesForOne * position);
      if (inflatedBytes > bound) {
        throw unsound(
          position,
          `the ZIP has inflated to more than ${bound} bytes, which no workbook of its size does`,
          'bomb',
        );
      }
    },
  };
}
