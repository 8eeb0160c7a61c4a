import { type Cron, parseCron } from './cron.ts';

/** When a schedule fires: at moments of the calendar, or again and again after so long. */
export type ScheduleExpression =
  | { readonly kind: 'cron'; readonly cron: Cron }
  | { readonly kind: 'rate'; readonly everyMs: number };

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** Takes `cron(...)` or `rate(...)` apart as EventBridge Scheduler does, or says all that is wrong with it. */
export function parseScheduleExpression(text: string): ScheduleExpression | { readonly faults: readonly string[] } {
  const [, kind, inner = ''] = /^(cron|rate)\((.*)\)$/.exec(text) ?? [];
  if (kind === 'cron') {
    const cron = parseCron(inner);
    return 'faults' in cron ? cron : { kind: 'cron', cron };
  }
  if (kind === 'rate') return parseRate(inner);
  return { faults: ['must be cron(...) or rate(...), such as cron(0 6 * * ? *) or rate(4 hours)'] };
}

/** When a rate fires next after a moment, counted from its start, which is the first time; Scheduler takes whole seconds. */
export function nextOfRate(everyMs: number, startMs: number, afterMs: number): number {
  const firstMs = Math.ceil(startMs / 1000) * 1000;
  const turns = Math.max(0, Math.floor((afterMs - firstMs) / everyMs) + 1);
  return firstMs + turns * everyMs;
}

/** `1 minute`, `5 minutes`; one of a unit may be written in its plural too. */
function parseRate(inner: string): ScheduleExpression | { readonly faults: readonly string[] } {
  const [, count = '', unit = '', plural = ''] = /^([1-9]\d{0,4}) (minute|hour|day)(s?)$/.exec(inner) ?? [];
  if (!isUnit(unit) || (count !== '1' && plural === '')) {
    return { faults: ['must be rate(1 minute), or rate(N minutes), hours or days, N being 1 to 99999'] };
  }
  return { kind: 'rate', everyMs: Number(count) * unitMs[unit] };
}

function isUnit(text: string): text is keyof typeof unitMs {
  return Object.hasOwn(unitMs, text);
}
