import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { noSettings, parseSettings, SettingsFault } from '../../../lib/settings/settings.ts';

function faultsOf(settings: unknown): readonly string[] {
  try {
    parseSettings(JSON.stringify(settings), 'x.json');
    return [];
  } catch (error) {
    if (!(error instanceof SettingsFault)) throw error;
    return error.message.split('\n').slice(1);
  }
}

const schedule = { expression: 'cron(0 6 * * ? *)', export: { view_name: 'item_master' } };
const webhook = { secret: 'name', export: { view_name: 'item_master' } };
const inSchedule = (more: object) => ({ schedules: { nightly: { ...schedule, ...more } } });
const inExport = (more: object) => inSchedule({ export: { view_name: 'item_master', ...more } });
const inWebhook = (more: object) => ({ webhooks: { po: { ...webhook, ...more } } });

describe('settings', () => {
  test('that say nothing are all defaults', () => {
    expect(parseSettings('{}', 'x.json')).toEqual(noSettings);
    expect(parseSettings('\uFEFF{}', 'x.json')).toEqual(noSettings);
  });

  test('have their defaults in what they do say', () => {
    expect(parseSettings(JSON.stringify({ schedules: { nightly: schedule } }), 'x.json')).toEqual({
      ...noSettings,
      schedules: { nightly: { ...schedule, time_zone: 'UTC', enabled: true } },
    });
  });

  test('tell all faults at once, with path, what is allowed and what was given', () => {
    const faults = faultsOf({
      workbook_days: 0,
      webhook: {},
      schedules: {
        nightly: {
          expression: 'cron(60 6 * * ? 1969)',
          time_zone: 'Europe/Berln',
          start: '2026-11-27T00:00:00Z',
          end: '2026-11-27T00:00:00Z',
          enable: true,
          export: { view_name: 'PO', filters: { 'PO List Order Date': ['{now}'] } },
        },
      },
    });
    expect(faults.map((fault) => fault.trim().split(': ')[0])).toEqual([
      'workbook_days',
      'schedules.nightly.expression',
      'schedules.nightly.expression',
      'schedules.nightly.time_zone',
      'schedules.nightly.export.view_name',
      'schedules.nightly.export.filters.PO List Order Date.0',
      'schedules.nightly.enable',
      'schedules.nightly.end',
      'webhook',
    ]);
  });

  test.each(['{today+7799y}', '{today-2026y}', '{today+9999y-9999y}', '{year_end-9999d}'])(
    'take the date %s, which can always be written',
    (a) => {
      expect(faultsOf(inExport({ filters: { a } }))).toEqual([]);
    },
  );

  test.each(['{', '{x}', '{{today}}', '{today', '{"today":1}', 'today'])(
    'leave %s in the filters of a webhook alone',
    (a) => {
      expect(faultsOf(inWebhook({ export: { view_name: 'item_master', filters: { a } } }))).toEqual([]);
    },
  );

  const pathsOf = (settings: unknown) => faultsOf(settings).map((fault) => fault.trim().split(': ')[0]);

  test.each<[string, object, string[]]>([
    [
      'a column in both filters, beside any other',
      {
        debounce_s: '60',
        secret: '*',
        export: { view_name: 'PO', filters: { A: 1, B: 2 } },
        filters_from_payload: { A: '/a', B: 'b' },
      },
      [
        'secret',
        'export.view_name',
        'filters_from_payload.B',
        'debounce_s',
        'filters_from_payload.A',
        'filters_from_payload.B',
      ],
    ],
    [
      'a timestamp and what is signed, beside an unknown encoding',
      {
        signature: { scheme: 'hmac', header: 'X-A', encoding: 'hex2', timestamp: { header: 'x-a' }, signed: '{body}' },
      },
      ['signature.encoding', 'signature.timestamp', 'signature.signed'],
    ],
    [
      'what is signed, beside a header that is none and a prefix of no text',
      { signature: { scheme: 'hmac', header: 'x a', prefix: 1, timestamp: {}, signed: '' } },
      ['signature.header', 'signature.prefix', 'signature.signed'],
    ],
    [
      'nothing more than the faults of what the filters are',
      { export: { view_name: 'item_master', filters: [] }, filters_from_payload: 7 },
      ['export.filters', 'filters_from_payload'],
    ],
  ])('tell of a webhook %s', (_name, more, paths) => {
    expect(pathsOf(inWebhook(more))).toEqual(paths.map((path) => `webhooks.po.${path}`));
  });

  test('tell the faults under a wrong name beside its own', () => {
    const faults = faultsOf({ schedules: { Nightly: { ...schedule, timezone: 'UTC', enabled: 1 } } });
    expect(faults.map((fault) => fault.trim().split(': ')[0])).toEqual([
      'schedules.Nightly',
      'schedules.Nightly.enabled',
      'schedules.Nightly.timezone',
    ]);
    expect(faults[2]).toContain('perhaps time_zone is meant');
  });

  test('tell how many faults there are, and in which file', () => {
    const parse = (text: string) => () => parseSettings(text, 'dir/x.json');
    expect(parse('{"a": 1}')).toThrow(/^dir\/x\.json has 1 fault:\n {2}a: /);
    expect(parse('{"a": 1, "b": 2}')).toThrow(/^dir\/x\.json has 2 faults:\n/);
    expect(parse('[]')).toThrow('the whole: must be an object; given is []');
    expect(parse('{"a": ')).toThrow(/^dir\/x\.json is not JSON: /);
  });

  const needsUtc = 'must be a moment in UTC, such as 2026-11-27T06:00:00Z';
  test.each<[string, unknown, string]>([
    ['a number too small', { workbook_days: 0 }, 'workbook_days: must be at least 1; given is 0'],
    ['a number too large', { workbook_days: 366 }, 'workbook_days: must be at most 365; given is 366'],
    ['a fraction', { workbook_days: 1.5 }, 'workbook_days: must be a whole number; given is 1.5'],
    ['a text for a number', { maximum_concurrency: '5' }, 'maximum_concurrency: must be a number; given is "5"'],
    ['one for two', { maximum_concurrency: 1 }, 'maximum_concurrency: must be at least 2; given is 1'],
    [
      'less reserved than the queue runs',
      { maximum_concurrency: 9, reserved_concurrency: 8 },
      'reserved_concurrency: must be at least maximum_concurrency, or the queue finds no function to run its exports; given is 8',
    ],
    [
      'less reserved than runs by default',
      { reserved_concurrency: 4 },
      'reserved_concurrency: must be at least maximum_',
    ],
    [
      'a path for a runbook',
      { runbook_url: 'docs/runbook.md' },
      'runbook_url: must be an https address without spaces',
    ],
    ['a runbook over plain HTTP', { runbook_url: 'http://x.example' }, 'runbook_url: must be an https address'],
    ['an entry for a runbook', { runbook_url: 'https://x.example/#a' }, 'runbook_url: must be an https address'],
    ['an object for a list', { origin_hosts: {} }, 'origin_hosts: must be a list; given is {}'],
    ['an address for a host', { origin_hosts: ['https://x'] }, 'origin_hosts.0: must be a host with an optional port'],
    ['an empty bus', { event_bus: '' }, 'event_bus: must be an event bus\'s name; given is ""'],
    ['a wrong name', { schedules: { 'Nightly PO': schedule } }, 'schedules.Nightly PO: must be a name: 1 to 48 of a-z'],
    [
      'no expression',
      { schedules: { a: { export: schedule.export } } },
      'schedules.a.expression: must be a string; nothing is given',
    ],
    [
      'no export',
      { schedules: { a: { expression: 'rate(1 day)' } } },
      'schedules.a.export: must be an object; nothing',
    ],
    ['null for an export', inSchedule({ export: null }), 'schedules.nightly.export: must be an object; given is null'],
    [
      'yes for true',
      inSchedule({ enabled: 'yes' }),
      'schedules.nightly.enabled: must be true or false; given is "yes"',
    ],
    [
      'a window of a day and a minute',
      inSchedule({ flexible_window_minutes: 1441 }),
      'must be at most 1440; given is 1441',
    ],
    ['a day for a moment', inSchedule({ start: '2026-11-27' }), `nightly.start: ${needsUtc}; given is "2026-11-27"`],
    ['a moment elsewhere', inSchedule({ end: '2026-11-27T06:00:00+01:00' }), `nightly.end: ${needsUtc}`],
    [
      'an end before its start',
      inSchedule({ start: '2027-01-01T00:00:00Z', end: '2026-01-01T00:00:00Z' }),
      'end: must be after start',
    ],
    [
      'an unknown zone',
      inSchedule({ time_zone: 'Mars' }),
      'time_zone: must be an IANA time zone, such as Europe/Berlin; given is "Mars"',
    ],
    ['a zone nearly right', inSchedule({ time_zone: 'America/New York' }), 'such as America/New_York; given'],
    [
      'a zone in the wrong case',
      inSchedule({ time_zone: 'europe/berlin' }),
      'such as Europe/Berlin; given is "europe/berlin"',
    ],
    [
      'a linked zone in the wrong case',
      inSchedule({ time_zone: 'europe/kyiv' }),
      'such as Europe/Kyiv; given is "europe/kyiv"',
    ],
    ['a linked zone in capitals', inSchedule({ time_zone: 'ASIA/KOLKATA' }), 'such as Asia/Kolkata; given'],
    ['an abbreviation that is no zone', inSchedule({ time_zone: 'IST' }), 'must be an IANA time zone'],
    ['a moment with a zone', inSchedule({ time_zone: '2026-11-27T00:00[UTC]' }), 'must be an IANA time zone'],
    ['an offset for a zone', inSchedule({ time_zone: '+01:00' }), 'must be an IANA time zone'],
    [
      'an age that fire times do not have',
      inSchedule({ delivery: { max_age_s: 60 } }),
      'delivery.max_age_s: is not a key here',
    ],
    [
      'a sort of no kind',
      inExport({ sort: { key: 'a', type: 'desc' } }),
      'sort.type: must be one of "Ascending", "Descending"; given is "desc"',
    ],
    [
      'an empty sort key',
      inExport({ sort: { key: '', type: 'Ascending' } }),
      'sort.key: must not be empty; given is ""',
    ],
    ['a list for filters', inExport({ filters: [] }), 'filters: must be an object of column: value; given is []'],
    ['a brace alone', inExport({ filters: { a: { b: '}' } } }), 'filters.a.b: a single } is no relative date'],
    [
      'a date past the years from the start',
      inExport({ filters: { a: ['{today+9999y}'] } }),
      'filters.a.0: {today+9999y} may be +012025-01-01, outside of the years 0 to 9999; given is "{today+9999y}"',
    ],
    [
      'a date past the years by and by',
      inExport({ filters: { a: '{tomorrow+7800y}' } }),
      '{tomorrow+7800y} may be +010000-01-01, outside',
    ],
    ['a date before the years', inExport({ filters: { a: 'to {today-2027y}' } }), '{today-2027y} may be -000001-01-01'],
    [
      'a key nearly right',
      inExport({ index: { limt: 1 } }),
      'index.limt: is not a key here, perhaps limit is meant; keys are limit, offset',
    ],
    [
      'a key that is nowhere near',
      { colour: 1 },
      'colour: is not a key here; keys are $schema, origin_hosts, workbook_days',
    ],
    [
      'an unknown scheme',
      inWebhook({ signature: { scheme: 'md5' } }),
      'signature.scheme: must be one of "standard_webhooks", "hmac"; given is "md5"',
    ],
    [
      'no scheme',
      inWebhook({ signature: {} }),
      'signature.scheme: must be one of "standard_webhooks", "hmac"; nothing is given',
    ],
    [
      'no JSON Pointer',
      inWebhook({ filters_from_payload: { a: 'b' } }),
      'filters_from_payload.a: must be a JSON Pointer',
    ],
    [
      'a relative date of a webhook',
      inWebhook({ export: { view_name: 'item_master', filters: { a: { b: ['{x}', 'from {today-7d} on'] } } } }),
      'webhooks.po.export.filters.a.b.1: must not have the relative date {today-7d}, which only schedules have; take a',
    ],
    ['a long value', { event_bus: 'ä'.repeat(300) }, `given is "${'ä'.repeat(99)}…`],
  ])('with %s have one fault, which says so', (_name, settings, words) => {
    const faults = faultsOf(settings);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(words);
  });

  test.each([
    ['under an unknown key', { password: 'hunter2' }],
    ['where its name belongs', inWebhook({ secret: { value: 'hunter2' } })],
    ['that begins as those of Standard Webhooks', inWebhook({ secret: 'whsec_hunter2' })],
    ['with what no name has', inWebhook({ secret: 'hunter2!' })],
    ['in place of the whole webhook', { webhooks: { po: 'whsec_hunter2' } }],
    ['in a filter beside it', { webhooks: { po: { ...webhook, export: { filters: ['whsec_hunter2'] } } } }],
    ['in what is told of a webhook', { webhooks: { po: [{ secret: 'hunter2' }] } }],
  ])('never tell a secret %s', (_name, settings) => {
    const faults = faultsOf(settings);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join()).not.toContain('hunter2');
  });

  const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret';
  test.each([
    ['itself', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['by a star', '*'],
    ['by a name with a space', 'my secret'],
    ['by a name of 513 letters', 'x'.repeat(513)],
    ['by nothing', ''],
    ["by a key's ARN", 'arn:aws:kms:eu-central-1:111122223333:key/abc'],
    ['by an ARN without its end', `${arn}:x`],
    ['by an ARN of any secret', `${arn}:x-??????`],
    ['by a token of an app', '${Token[TOKEN.1]}'],
  ])('do not name a secret %s', (_name, secret) => {
    expect(faultsOf(inWebhook({ secret }))).toEqual([expect.stringContaining('webhooks.po.secret: must be the name')]);
  });

  test.each([
    'x'.repeat(512),
    'a/b_c+d=e.f@g-1',
    `${arn}:their/secret-AbCdE1`,
    'arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:x-aaaaaa',
  ])('name a secret %s', (secret) => {
    expect(faultsOf(inWebhook({ secret }))).toEqual([]);
  });

  test.each([
    'UTC',
    'Etc/UTC',
    'Europe/Kyiv',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'America/Argentina/Buenos_Aires',
    'Etc/GMT+5',
    'GMT+0',
    'EST5EDT',
    'US/East-Indiana',
    'America/Port-au-Prince',
    'America/Argentina/ComodRivadavia',
    'Antarctica/DumontDUrville',
    'Africa/Dar_es_Salaam',
    'America/North_Dakota/New_Salem',
    'Europe/Isle_of_Man',
    'NZ-CHAT',
    'W-SU',
    'GB-Eire',
  ])('know the zone %s, by each of its names', (zone) => {
    expect(faultsOf(inSchedule({ time_zone: zone }))).toEqual([]);
  });
});

test('the example of all settings has no fault, and leaves nothing out', () => {
  const settings = parseSettings(readFileSync('settings.example.json', 'utf8'), 'settings.example.json');
  expect(Object.keys(settings).toSorted()).toEqual([...Object.keys(noSettings), '$schema'].toSorted());
});
