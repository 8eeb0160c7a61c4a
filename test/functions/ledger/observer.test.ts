import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createObserver, logFields } from '../../../functions/ledger/observer.ts';

function observed() {
  const lines: string[] = [];
  return { observer: createObserver((line) => lines.push(line)), lines };
}

const parsed = (line: string | undefined) => z.record(z.string(), z.unknown()).parse(JSON.parse(line ?? ''));

describe('a line of the log', () => {
  test('holds level, time, message and what it is told', () => {
    const { observer, lines } = observed();
    observer.tell('run began', { export_id: 'E', attempts: 2 });
    expect(parsed(lines[0])).toEqual({
      level: 'INFO',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: 'run began',
      export_id: 'E',
      attempts: 2,
    });
  });

  test('leaves out every field that is not in the list, and every value that is no text or number', () => {
    const { observer, lines } = observed();
    const told = {
      ...Object.fromEntries(logFields.map((field) => [field, { inner: 'hunter2' }])),
      password: 'hunter2',
    };
    observer.tell('run began', JSON.parse(JSON.stringify(told)));
    expect(lines.join()).not.toContain('hunter2');
    expect(Object.keys(parsed(lines[0]))).toEqual(['level', 'timestamp', 'message']);
  });
});

describe('a defect', () => {
  test.each([
    ['an error that quotes what it was given', new SyntaxError('hunter2\n    hunter2 is not JSON')],
    ['an error with a name of its own', Object.assign(new Error('hunter2'), { name: 'hunter2 !', code: 'hunter2 !' })],
    ['an error around another', new Error('hunter2', { cause: new Error('hunter2') })],
    ['a text', 'hunter2'],
    ['nothing', undefined],
  ])('that is %s is told without its words, and counted', (_name, error) => {
    const { observer, lines } = observed();
    observer.reportDefect('request r', error);
    expect(lines.join()).not.toContain('hunter2');
    // By its beginning the local system knows it.
    expect(lines[0]).toMatch(/^\{"level":"ERROR"/);
    expect(parsed(lines[0])).toMatchObject({ message: 'defect', where: 'request r' });
    expect(parsed(lines[1])).toMatchObject({ Defects: 1 });
  });

  test('tells where it happened and its code', () => {
    const { observer, lines } = observed();
    observer.reportDefect('request r', Object.assign(new TypeError('x'), { code: 'ECONNRESET' }));
    expect(parsed(lines[0])).toMatchObject({
      error: 'TypeError',
      error_code: 'ECONNRESET',
      stack: expect.stringMatching(/^ +at .*observer\.test\.ts/),
    });
  });
});

describe('a metric', () => {
  test('is one line with its sets of dimensions, what it is about beside them', () => {
    const { observer, lines } = observed();
    observer.measure('TimeToLink', 12, { trigger: 'api' }, { export_id: 'E', view_name: 'v' });
    expect(parsed(lines[0])).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'KnoscExportProxy',
            Dimensions: [[], ['trigger']],
            Metrics: [{ Name: 'TimeToLink', Unit: 'Milliseconds' }],
          },
        ],
      },
      TimeToLink: 12,
      trigger: 'api',
      export_id: 'E',
      view_name: 'v',
    });
  });

  test('takes nothing over from the one before', () => {
    const { observer, lines } = observed();
    observer.measure('Exports', 1, { trigger: 'api', outcome: 'ready' }, { export_id: 'E' });
    observer.measure('WebhookRefusals', 1, {});
    expect(Object.keys(parsed(lines[1]))).toEqual(['_aws', 'WebhookRefusals']);
  });

  test('is in the namespace of its proxy', () => {
    const lines: string[] = [];
    createObserver((line) => lines.push(line), 'Theirs-Proxy').reportDefect('request r', new Error('x'));
    expect(parsed(lines[1])).toMatchObject({ _aws: { CloudWatchMetrics: [{ Namespace: 'Theirs-Proxy' }] } });
  });
});
