import { workbookKey } from '../ledger/keys.ts';
import type { TerminalRecord } from '../ledger/record.ts';
import type { Store } from './store.ts';

/**
 * Makes good what an ended export leaves behind: deletes the workbooks of all attempts that its record does not name. Harmless
 * when repeated. Fails with `store-failed`; whoever asked for the run then gives its message back, so that it is done later.
 */
export type Settle = (record: TerminalRecord) => Promise<void>;

export function createSettle(store: Pick<Store, 'remove'>): Settle {
  return async (record) => {
    const named = record.status === 'ready' ? record.workbook.key : undefined;
    for (let attempt = 1; attempt <= record.attempts; attempt += 1) {
      const key = workbookKey(record.view_name, record.export_id, attempt);
      if (key !== named) await store.remove(key);
    }
  };
}
