import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { failureTitles } from '../../functions/ledger/failure.ts';
import { metrics } from '../../functions/ledger/metric-names.ts';
import { ExportProxy } from '../../lib/export-proxy.ts';
import { declaredAlarms } from '../../lib/monitoring/alarms.ts';
import { nameOf, propertiesOf, synthesize, synthesizeStack } from '../support/synthesize.ts';

const runbook = await readFile(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const names = declaredAlarms().map(([name]) => name);

const metricSchema = z.object({
  MetricName: z.string(),
  Namespace: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
});
const alarmSchema = z.looseObject({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.unknown()),
  OKActions: z.array(z.unknown()),
  Threshold: z.number(),
  TreatMissingData: z.string(),
  Metrics: z
    .array(
      z.object({
        Id: z.string(),
        Expression: z.string().optional(),
        MetricStat: z.object({ Metric: metricSchema }).optional(),
        ReturnData: z.boolean(),
      }),
    )
    .optional(),
});

let template: Template;
let alarms: readonly z.infer<typeof alarmSchema>[];

beforeAll(() => {
  template = synthesize({ alarm_email: 'ops@example.com' });
  alarms = [...propertiesOf(template, 'AWS::CloudWatch::Alarm').values()].map((alarm) => alarmSchema.parse(alarm));
});

function metricsOf(alarm: z.infer<typeof alarmSchema>): readonly z.infer<typeof metricSchema>[] {
  if (!alarm.Metrics) return [metricSchema.parse(alarm)];
  return alarm.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []));
}

describe('the alarms', () => {
  test('have one entry each in the runbook, and the runbook has no other', () => {
    const entries = [...runbook.matchAll(/^## ([a-z][a-z-]+)$/gm)].map(([, entry]) => entry);
    expect(entries.toSorted()).toEqual(names.toSorted());
    expect(alarms.map(({ AlarmName }) => AlarmName).toSorted()).toEqual(
      names.map((name) => `KnoscExportProxy-${name}`).toSorted(),
    );
  });

  test('say what is lost and what to do first, and lead to their entry', () => {
    for (const [name, { lost, first }] of declaredAlarms()) {
      const alarm = alarms.find(({ AlarmName }) => AlarmName.endsWith(`-${name}`));
      expect(alarm?.AlarmDescription).toBe(
        `${lost} ${first} Runbook: docs/runbook.md of the project, entry "${name}".`,
      );
      // CloudWatch takes no longer description.
      expect(alarm?.AlarmDescription.length).toBeLessThan(1024);
    }
  });

  test('link to where the runbook is published, if that is told', () => {
    const url = `https://wiki.example.com/${'knosc/'.repeat(60)}`;
    const theirs = propertiesOf(synthesize({ runbook_url: url }), 'AWS::CloudWatch::Alarm');
    const descriptions = [...theirs.values()].map((alarm) => alarmSchema.parse(alarm).AlarmDescription);
    expect(descriptions.map((text) => text.split(' ').at(-1)).toSorted()).toEqual(
      names.map((name) => `${url}#${name}`).toSorted(),
    );
    for (const description of descriptions) expect(description.length).toBeLessThan(1024);
  });

  test('link to no runbook that is not published', () => {
    const make = () =>
      synthesizeStack((stack) => void new ExportProxy(stack, 'Proxy', { runbookUrl: 'docs/runbook.md' }));
    expect(make).toThrow(/runbookUrl cannot be used: must be an https address.*given is "docs\/runbook.md"/);
  });

  test('come to the topic when they begin and when they end, and rest while there is nothing to measure', () => {
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        AlarmActions: [{ Ref: expect.stringMatching(/^MonitoringTopic/) }],
        OKActions: [{ Ref: expect.stringMatching(/^MonitoringTopic/) }],
        TreatMissingData: 'notBreaching',
      });
      expect(alarm['ActionsEnabled']).not.toBe(false);
    }
  });

  test('watch what the functions write, under dimensions and outcomes that they write', () => {
    const own = alarms.flatMap(metricsOf).filter(({ Namespace }) => Namespace === 'KnoscExportProxy');
    expect(own.length).toBeGreaterThan(10);
    for (const { MetricName, Dimensions } of own) {
      const declared = Object.entries(metrics).find(([name]) => name === MetricName)?.[1];
      expect(declared?.dimensionSets.map((set) => set.join())).toContain(Dimensions.map(({ Name }) => Name).join());
      const outcomes = Dimensions.filter(({ Name }) => Name === 'outcome').map(({ Value }) => Value);
      expect(['ready', 'cancelled', ...Object.keys(failureTitles)]).toEqual(expect.arrayContaining(outcomes));
    }
  });

  test('on expressions have at most ten metrics, as AWS allows, each of them used, and one result', () => {
    const onExpressions = alarms.flatMap(({ Metrics }) => (Metrics ? [Metrics] : []));
    expect(onExpressions.length).toBeGreaterThan(2);
    for (const entries of onExpressions) {
      expect(entries.filter(({ MetricStat }) => MetricStat).length).toBeLessThanOrEqual(10);
      expect(entries.filter(({ ReturnData }) => ReturnData)).toHaveLength(1);
      const expressions = entries.map(({ Expression = '' }) => Expression).join(' ');
      for (const { Id } of entries.filter(({ ReturnData }) => !ReturnData)) {
        expect(expressions).toMatch(new RegExp(`\\b${Id}\\b`));
      }
    }
  });
});

/** What an alarm's expression comes to, of the few functions that ours use; a metric that has no value is `undefined`, as in CloudWatch. */
function valueOf(name: string, values: Readonly<Record<string, number>>): number {
  const entries = alarms.find(({ AlarmName }) => AlarmName.endsWith(`-${name}`))?.Metrics ?? [];
  const known = new Map<string, number | undefined>();
  const evaluate = (id: string): number | undefined => {
    const entry = entries.find(({ Id }) => Id === id);
    if (!entry?.Expression) {
      const { MetricName = '', Dimensions = [] } = entry?.MetricStat?.Metric ?? {};
      const outcome = Dimensions.find(({ Name }) => Name === 'outcome')?.Value;
      return values[typeof outcome === 'string' ? outcome : MetricName];
    }
    const inner = entries.filter(({ Id }) => new RegExp(`\\b${Id}\\b`).test(entry.Expression ?? ''));
    for (const { Id } of inner) known.set(Id, evaluate(Id));
    return z.number().parse(
      runInNewContext(
        entry.Expression.replaceAll(' OR ', ' || ').replaceAll(' AND ', ' && ').replaceAll('IF(', 'WHERE('),
        {
          ...Object.fromEntries(known),
          FILL: (value: number | undefined, filling: number) => value ?? filling,
          SUM: (terms: readonly number[]) => terms.reduce((sum, term) => sum + term, 0),
          WHERE: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
        },
      ),
    );
  };
  return evaluate(entries.find(({ ReturnData }) => ReturnData)?.Id ?? '') ?? Number.NaN;
}

describe('the share of failing exports', () => {
  test.each<[what: string, ended: Readonly<Record<string, number>>, share: number]>([
    ['is 0 where all are ready', { Exports: 9, ready: 9 }, 0],
    ['is 100 where the only one failed', { Exports: 1, 'origin-failed': 1 }, 100],
    ['is 0 while fewer than three failed beside one that was ready', { Exports: 3, ready: 1, 'origin-failed': 2 }, 0],
    ['counts from the third', { Exports: 12, ready: 9, 'workbook-unsound': 3 }, 25],
    ['leaves out what callers did wrong', { Exports: 4, 'view-not-exportable': 3, 'request-refused': 1 }, 0],
    ['leaves out what was cancelled', { Exports: 2, cancelled: 2 }, 0],
    ['has them among all', { Exports: 8, 'view-not-privileged': 4, internal: 4 }, 50],
  ])('%s', (_what, ended, share) => {
    expect(valueOf('exports-failing', ended)).toBe(share);
  });

  test('is not what tells of credentials, which have an alarm of their own', () => {
    expect(valueOf('credentials-unusable', { 'origin-locked': 1 })).toBe(1);
    expect(valueOf('credentials-unusable', { 'credentials-unusable': 2, 'second-factor-needed': 1 })).toBe(3);
  });

  test('of calls begins with the fifth', () => {
    expect(valueOf('api-failing', { '5xx': 4, Count: 4 })).toBe(0);
    expect(valueOf('api-failing', { '5xx': 5, Count: 50 })).toBe(10);
  });
});

describe('the topic', () => {
  test("takes this account's alarms from CloudWatch, encrypted under a key that it may use, and nothing over plain HTTP", () => {
    template.hasResourceProperties('AWS::SNS::Topic', {
      KmsMasterKeyId: { 'Fn::GetAtt': ['MonitoringTopicKey423AF5B2', 'Arn'] },
    });
    expect(JSON.stringify(propertiesOf(template, 'AWS::KMS::Key').get('MonitoringTopicKey423AF5B2'))).toContain(
      JSON.stringify({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: '*',
      }),
    );
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Deny', Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          {
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
  });

  test('has who is named in the settings, and nobody otherwise', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@example.com' });
    synthesize().resourceCountIs('AWS::SNS::Subscription', 0);
  });

  test('may be one that is there already', () => {
    const theirs = synthesizeStack((stack) => {
      new ExportProxy(stack, 'Proxy', { alarmTopic: new Topic(stack, 'Given') });
    });
    theirs.resourceCountIs('AWS::SNS::Topic', 1);
    theirs.resourceCountIs('AWS::KMS::Key', 0);
    for (const { AlarmActions } of propertiesOf(theirs, 'AWS::CloudWatch::Alarm').values()) {
      expect(nameOf(AlarmActions)).toBe('[Given]');
    }
  });
});

test('the dashboard asks three questions, shows every alarm and every metric, and names none that is not written', () => {
  const [dashboard] = propertiesOf(template, 'AWS::CloudWatch::Dashboard').values();
  const body = JSON.stringify(dashboard).replaceAll('\\', '');
  for (const question of ['# Is it working?', '# How fast?', '# What fails?']) expect(body).toContain(question);
  for (const name of names) expect(body).toMatch(`Monitoring${name.replaceAll('-', '')}`);
  const shown = [...body.matchAll(/"KnoscExportProxy","(\w+)"|MetricName="(\w+)"/g)].map(
    ([, own, found]) => own ?? found,
  );
  expect([...new Set(shown)].toSorted()).toEqual(Object.keys(metrics).toSorted());
});

test('functions are traced, unless that is switched off, and logs are kept as long as is set', () => {
  const tracing = (of: Template) =>
    [...propertiesOf(of, 'AWS::Lambda::Function').values()].map(({ TracingConfig }) => TracingConfig);
  expect(tracing(template)).toEqual([{ Mode: 'Active' }, { Mode: 'Active' }]);
  const other = synthesize({ tracing: false, log_days: 365 });
  expect(tracing(other)).toEqual([undefined, undefined]);
  for (const group of propertiesOf(other, 'AWS::Logs::LogGroup').values()) {
    expect(group).toMatchObject({ RetentionInDays: 365 });
  }
});
