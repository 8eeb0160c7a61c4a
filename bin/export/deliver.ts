import type { EndedExport, ReadyExport } from '../export-documents.ts';
import { saveWorkbook, writeWorkbook } from '../save-workbook.ts';
import { advising, type Context } from './context.ts';
import { fileNameIn } from './file-name.ts';
import type { Delivered } from './options.ts';
import { bytesWords } from './quantity.ts';
import { goneWords, problemWords } from './words.ts';

/** Tells how an export ended, and hands over the workbook of a ready one. Answers the exit code. */
export async function deliver(ended: EndedExport, delivered: Delivered, context: Context): Promise<number> {
  const { narrator, commandLine } = context;
  narrator.document(ended);
  switch (ended.status) {
    case 'failed': {
      const problem = { ...ended.problem, export_id: ended.export_id };
      narrator.complain(problemWords(problem, `The export of ${ended.view_name} failed`));
      return 1;
    }
    case 'cancelled':
    case 'deleted':
    case 'expired':
      narrator.complain(goneWords(ended));
      return 1;
    case 'ready': {
      const again = commandLine('get', ended.view_name, ended.export_id);
      await advising(context, `The export is ready. Get its workbook until ${ended.expires_at}: ${again}`, () =>
        handOver(ended, delivered, context),
      );
      return 0;
    }
  }
}

async function handOver(ready: ReadyExport, { out, download }: Delivered, context: Context): Promise<void> {
  const { narrator, signal, stdout } = context;
  const { workbook, link } = ready;
  if (!download) {
    narrator.say(
      `Ready: ${bytesWords(workbook.bytes)}. The link ends at ${link.expires_at}; keep it to yourself until then.`,
    );
    return narrator.answer(link.url);
  }
  const watching = {
    signal,
    onBytes: (bytes: number) => {
      narrator.show({ name: 'downloading', bytes, totalBytes: workbook.bytes });
    },
  };
  if (out === '-') {
    await writeWorkbook(ready, stdout, watching);
    return narrator.say(`Written, sha256 proven: ${bytesWords(workbook.bytes)}`);
  }
  const file = out ?? fileNameIn(workbook.file_name);
  await saveWorkbook(ready, file, watching);
  narrator.say(`Saved, sha256 proven: ${bytesWords(workbook.bytes)}`);
  narrator.answer(file);
}
