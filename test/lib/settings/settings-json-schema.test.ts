import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { settingsJsonSchema } from '../../../lib/settings/settings-json-schema.ts';

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

test('settings.schema.json is what the settings are parsed by; npm run schemas writes it', () => {
  expect(read('settings.schema.json')).toEqual(JSON.parse(JSON.stringify(settingsJsonSchema())));
});

describe('the JSON Schema of the settings', () => {
  const validate = addFormats.default(new Ajv2020({ allErrors: true })).compile(settingsJsonSchema());
  const schedule = { expression: 'rate(4 hours)', export: { view_name: 'item_master' } };

  test.each([
    ['the example of all settings', read('settings.example.json')],
    ['no settings', {}],
    [
      'filters of whatever Knosc takes',
      { schedules: { a: { ...schedule, export: { view_name: 'x', filters: { a: [1, null, {}] } } } } },
    ],
  ])('allows %s', (_name, settings) => {
    expect(validate(settings), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each([
    ['an unknown key', { schedule: {} }],
    ['an unknown key of a schedule', { schedules: { a: { ...schedule, zone: 'UTC' } } }],
    ['a wrong name', { schedules: { 'Nightly PO': schedule } }],
    ['an expression of no kind', { schedules: { a: { ...schedule, expression: 'daily' } } }],
    ['a list for filters', { schedules: { a: { ...schedule, export: { view_name: 'x', filters: [] } } } }],
    ['a webhook without secret', { webhooks: { a: { export: { view_name: 'x' } } } }],
    ['a day for a moment', { schedules: { a: { ...schedule, start: '2026-11-27' } } }],
  ])('refuses %s', (_name, settings) => {
    expect(validate(settings)).toBe(false);
  });
});
