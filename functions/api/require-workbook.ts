import { isExpired } from '../ledger/export.ts';
import { ExportFailure, type FailureCode } from '../ledger/failure.ts';
import type { ReadyRecord, TerminalRecord } from '../ledger/record.ts';
import { exportPath } from './answer.ts';

/** The record of an export that has a workbook. Any other that has ended fails with `export-failed` or `export-gone`. */
export function requireWorkbook(record: TerminalRecord, nowMs: number): ReadyRecord {
  const failure = (code: FailureCode, words: string) => new ExportFailure(code, words, { exportId: record.export_id });
  switch (record.status) {
    case 'ready':
      if (!isExpired(record, nowMs)) return record;
      throw failure('export-gone', `The workbook was kept until ${record.expires_at}. Create a new export.`);
    case 'failed': {
      const { code, detail } = record.problem;
      const path = exportPath(record.view_name, record.export_id);
      throw failure('export-failed', `The export failed (${code}): ${detail} GET ${path} tells more.`);
    }
    case 'cancelled':
      throw failure('export-failed', `The export was cancelled at ${record.finished_at}. Create a new one.`);
    case 'deleted':
      throw failure('export-gone', `The workbook was deleted at ${record.deleted_at}. Create a new export.`);
  }
}
