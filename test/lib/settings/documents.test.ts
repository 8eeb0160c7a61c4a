import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parseExportCommand } from '../../../bin/export/options.ts';
import { parseLocalOptions } from '../../../bin/local-options.ts';
import { dateWords } from '../../../functions/export/schedule/date-words.ts';
import { resolveRelativeDates } from '../../../functions/export/schedule/relative-dates.ts';
import { keyScope, triggerSchema } from '../../../functions/ledger/trigger.ts';
import { parseScheduleExpression } from '../../../lib/settings/schedule-expression.ts';
import { scheduleSchema } from '../../../lib/settings/schedule.ts';
import { parseSettings, settingsSchema } from '../../../lib/settings/settings.ts';

const schedules = readFileSync('docs/schedules.md', 'utf8');
const settings = readFileSync('docs/settings.md', 'utf8');

const jsonBlocks = (document: string) => [...document.matchAll(/```json\n([^`]*)```/g)].map(([, text = '']) => text);
/** The first columns of a table's rows, without their backquotes. */
const rowsOf = (document: string) =>
  [...document.matchAll(/^\| `([^|]*)` \| ([^|]*) \|/gm)].map(
    ([, first = '', second = '']) => [first, second] as const,
  );

describe('docs/schedules.md', () => {
  test('declares a schedule that has no fault', () => {
    const [declared = '', shown = ''] = jsonBlocks(schedules);
    expect(Object.keys(parseSettings(declared, 'docs').schedules)).toEqual(['nightly-po']);
    const { trigger } = z.object({ trigger: triggerSchema.strict() }).parse(JSON.parse(shown));
    expect(keyScope(trigger)).toBe('schedule/nightly-po');
  });

  test('tells every key of a schedule', () => {
    const told = rowsOf(schedules).flatMap(([first]) => first.split('`, `'));
    for (const key of Object.keys(scheduleSchema.shape)) expect(told).toContain(key);
  });

  test('has no expression with a fault', () => {
    const expressions = [...schedules.matchAll(/`((cron|rate)\([^`]*\))`/g)].map(([, text = '']) => text);
    const real = expressions.filter((text) => !text.includes('minutes hours'));
    expect(real.length).toBeGreaterThan(10);
    for (const text of real) expect(parseScheduleExpression(text)).not.toHaveProperty('faults');
  });

  test('has the very dates that its table says, and every word', async () => {
    const dates = rowsOf(schedules).filter(([first]) => first.includes('{'));
    const fireTime = { fire_time: '2026-11-27T05:00:00Z', time_zone: 'Europe/Berlin' };
    for (const [text, date] of dates) {
      expect(await resolveRelativeDates({ text }, fireTime)).toEqual({ text: date.replaceAll('`', '') });
    }
    expect(dates.map(([text]) => text)).toEqual(expect.arrayContaining(dateWords.map((word) => `{${word}}`)));
  });
});

describe('docs/settings.md', () => {
  test('has an example without a fault, and tells every key', () => {
    const [example = ''] = jsonBlocks(settings);
    expect(parseSettings(example, 'docs').workbook_days).toBe(14);
    expect(rowsOf(settings).map(([first]) => first)).toEqual(Object.keys(settingsSchema.shape));
  });

  test('tells a default that is one', () => {
    for (const [, key = '', text = ''] of settings.matchAll(/^\| `(\w+)` \|.*\| `(.*)` \|$/gm)) {
      const value = JSON.stringify(Object.entries(parseSettings('{}', 'docs')).find(([name]) => name === key)?.[1]);
      expect(value.replaceAll('"', '')).toBe(text);
    }
  });

  test('shows faults as they are told', () => {
    const [, shown = ''] = /```\n(staging\.json has [^`]*)\n```/.exec(settings) ?? [];
    const given = {
      workbook_days: 0,
      schedules: { stock: { expresion: '', expression: 'rate(1 day)', export: { view_name: 'x' } } },
    };
    expect(() => parseSettings(JSON.stringify(given), 'staging.json')).toThrow(
      expect.objectContaining({ message: shown }),
    );
  });
});

test('the command lines of both are understood', () => {
  const both = schedules + settings;
  const local = [...both.matchAll(/^npm start -- (.*)$/gm)].map(([, args = '']) =>
    parseLocalOptions(args.split(' '), {}),
  );
  expect(local.map(({ settingsFile }) => settingsFile)).toEqual(['staging.json']);
  const runs = [...both.matchAll(/^npm run export -- (.*)$/gm)].map(([, args = '']) =>
    parseExportCommand(args.split(' '), {}),
  );
  expect(runs).toMatchObject([{ name: 'run-schedule', scheduleName: 'nightly-po', out: 'po.xlsx' }]);
});
