import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';

/** Counts the rows of a workbook's first sheet, header row included, without holding the sheet: it may have gigabytes. */
export async function countRows(path: string): Promise<number> {
  const source = createReadStream(path, { start: await sheetStart(path) });
  const inflated = source.pipe(createInflateRaw());
  let rows = 0;
  let carried = '';
  for await (const chunk of inflated) {
    const text = carried + String(chunk);
    rows += text.split('<row ').length - 1;
    // A tag may be cut by the end of the chunk; four characters cannot hold a whole one.
    carried = text.slice(-4);
  }
  source.destroy();
  return rows;
}

/** Where the deflated bytes of the sheet begin, by the file's central directory. */
async function sheetStart(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, 65_536));
    await file.read(tail, 0, tail.length, size - tail.length);
    const nameAt = tail.lastIndexOf('xl/worksheets/sheet1.xml');
    const localAt = tail.readUInt32LE(nameAt - 4);
    const local = Buffer.alloc(30);
    await file.read(local, 0, local.length, localAt);
    return localAt + local.length + local.readUInt16LE(26) + local.readUInt16LE(28);
  } finally {
    await file.close();
  }
}
