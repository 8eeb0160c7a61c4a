import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lostKeys } from '../../../lib/settings/lost-keys.ts';
import { parseSettings } from '../../../lib/settings/settings.ts';

const pathsOf = (json: string) => lostKeys(json).map(({ path }) => path);

describe('keys of a JSON text are lost', () => {
  test.each<[string, string, string[]]>([
    ['that stand twice', '{"a":1,"a":2}', ['a']],
    ['once for each time too many', '{"a":1,"a":2,"a":3}', ['a', 'a']],
    ['where they lie deep', '{"s":{"n":[0,{"b":[[],{"c":1,"c":"}"}]}]}}', ['s.n.1.b.1.c']],
    ['however they are escaped', String.raw`{"\u0061":1,"a":2}`, ['a']],
    ['with quotes and backslashes', String.raw`{"\"\\":1, "\"\\" : 2}`, ['"\\']],
    ['after texts that look like keys', '{"a":"\\"a\\":","b":["a","a"],"a":{}}', ['a']],
    ['that are empty', '{"":1,"":2}', ['']],
    ['that objects have by nature', '{"__proto__":{},"x":[{"__proto__":1}]}', ['__proto__', 'x.0.__proto__']],
    ['once by their name, once more as the second', '{"__proto__":1,"__proto__":2}', ['__proto__', '__proto__']],
  ])('%s', (_name, json, paths) => {
    expect(() => void JSON.parse(json)).not.toThrow();
    expect(pathsOf(json)).toEqual(paths);
  });

  test.each(['{"a":{"a":1},"b":{"a":1}}', '[{"a":1},{"a":2}]', '{"constructor":1,"toString":2}', '7', '"{\\"a\\":1}"'])(
    'never in %s',
    (json) => {
      expect(pathsOf(json)).toEqual([]);
    },
  );

  test('never in what JSON writes, and always in what is put there twice (seed 11)', () => {
    const given = fc.tuple(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string(),
      fc.jsonValue(),
      fc.integer({ max: 2 }),
    );
    fc.assert(
      fc.property(given, ([object, key, value, indent]) => {
        const { [key]: _same, ['__proto__']: _proto, ...others } = object;
        const text = JSON.stringify({ deep: [others] }, null, indent);
        if (text.includes('__proto__') || key === '__proto__') return;
        expect(pathsOf(text)).toEqual([]);
        const member = `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
        if (member.includes('__proto__')) return;
        expect(pathsOf(`[${text}, {${member}, "_": ${text}, ${member}}]`)).toEqual([
          `1.${key}`,
          ...(key === '_' ? ['1._'] : []),
        ]);
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

test('settings with keys that would be lost have a fault for each, beside all others', () => {
  const schedule = '{"expression":"rate(1 day)","export":{"view_name":"item_master"}}';
  const webhook = '{"secret":"x","export":{"view_name":"item_master"},"filters_from_payload":{"__proto__":"/a"}}';
  const text = `{"schedules":{"a":${schedule},"a":${schedule}},"webhooks":{"po":${webhook}},"log_days":2}`;
  expect(() => parseSettings(text, 'x.json')).toThrow(
    new RegExp(
      [
        '^x.json has 3 faults:',
        ' {2}schedules.a: must not stand twice in an object; given is this key',
        ' {2}webhooks.po.filters_from_payload.__proto__: must have another name; given is this key',
        ' {2}log_days: must be one of .*; given is 2$',
      ].join('\\n'),
    ),
  );
});
