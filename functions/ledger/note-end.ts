import type { Observer } from './observer.ts';
import type { TerminalRecord } from './record.ts';

/** Told of an export by whoever has ended it, once its record is written: a line for people, and the metrics of its end. */
export type NoteEnd = (record: TerminalRecord) => void;

export function createNoteEnd({ tell, measure }: Pick<Observer, 'tell' | 'measure'>): NoteEnd {
  return (record) => {
    const { export_id, view_name, attempts, trigger, created_at } = record;
    // What is deleted had ended before, and was told of then.
    if (record.status === 'deleted') return;
    const outcome = record.status === 'failed' ? record.problem.code : record.status;
    const about = { export_id, view_name };
    const common = { ...about, trigger: trigger.kind, trigger_name: trigger.name, outcome, attempts };
    measure('Exports', 1, { trigger: trigger.kind, outcome }, about);
    if (record.status !== 'ready') return tell('export ended', common);
    const { bytes } = record.workbook;
    const { queue, login, origin_first_byte, transfer, total } = record.timings_ms;
    // The two moments are of two machines' clocks.
    const timeToLinkMs = Math.max(0, Date.parse(record.finished_at) - Date.parse(created_at));
    measure('TimeToLink', timeToLinkMs, { trigger: trigger.kind }, about);
    measure('WorkbookBytes', bytes, {}, about);
    tell('export ended', {
      ...common,
      bytes,
      time_to_link_ms: timeToLinkMs,
      queue_ms: queue,
      login_ms: login,
      origin_first_byte_ms: origin_first_byte,
      transfer_ms: transfer,
      total_ms: total,
    });
  };
}
