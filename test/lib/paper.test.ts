import { readFile } from 'node:fs/promises';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { billAssumptions } from '../../bench/scale/bill-assumptions.ts';
import { deployment } from '../../bench/scale/deployment.ts';
import { ExportProxyStack } from '../../lib/export-proxy-stack.ts';
import { cdkContext } from '../support/cdk-context.ts';

let template: Template;

beforeAll(() => {
  const app = new App({ context: { ...cdkContext, 'aws:cdk:bundling-stacks': [] } });
  template = Template.fromStack(new ExportProxyStack(app, 'KnoscExportProxy'));
});

/** The properties of all resources of a type. */
function propertiesOf<T>(type: string, schema: z.ZodType<T>): readonly T[] {
  const resource = z.object({ Properties: schema });
  return Object.values(template.findResources(type)).map((found) => resource.parse(found).Properties);
}

const functionSchema = z.object({
  Architectures: z.array(z.string()).optional(),
  MemorySize: z.int().optional(),
  Timeout: z.int().optional(),
});
const ruleSchema = z.object({ Prefix: z.string().optional(), ExpirationInDays: z.int().optional() });
const bucketSchema = z.object({ LifecycleConfiguration: z.object({ Rules: z.array(ruleSchema) }).optional() });
const logGroupSchema = z.object({ RetentionInDays: z.int() });

/** Where a test here fails, change bench/scale/deployment.ts and let `npm run scale` write docs/scale.md and docs/cost.md anew. */
describe('what docs/scale.md and docs/cost.md reckon with is what the stack makes', () => {
  test('of the functions: arm64, sizes and the time limit', () => {
    const { apiMemoryMegabytes, exportMemoryMegabytes, exportTimeoutSeconds } = deployment;
    const sizes = propertiesOf('AWS::Lambda::Function', functionSchema)
      .filter(({ Architectures }) => Architectures?.includes('arm64'))
      .map(({ MemorySize, Timeout }) => [Timeout, MemorySize]);
    expect(sizes).toContainEqual([29, apiMemoryMegabytes]);
    expect(sizes).toContainEqual([exportTimeoutSeconds, exportMemoryMegabytes]);
  });

  test('of memory: the sizes are those that the bench chose by its rule', async () => {
    const results = await readFile(new URL('../../bench/RESULTS.md', import.meta.url), 'utf8');
    expect(results).toContain(`### The api function: **${deployment.apiMemoryMegabytes} MB**`);
    expect(results).toContain(`### The export function: **${deployment.exportMemoryMegabytes} MB**`);
  });

  test('of what is kept: workbooks, index, claims, records and access logs', () => {
    const rules = propertiesOf('AWS::S3::Bucket', bucketSchema).flatMap(
      ({ LifecycleConfiguration }) => LifecycleConfiguration?.Rules ?? [],
    );
    const days = new Map(
      rules.filter((rule) => rule.ExpirationInDays).map((rule) => [rule.Prefix, rule.ExpirationInDays]),
    );
    expect(days).toEqual(
      new Map([
        ['workbooks/', deployment.workbookStoredDays],
        ['requests/', deployment.requestStoredDays],
        ['claims/', deployment.claimStoredDays],
        ['exports/', deployment.recordStoredDays],
        [undefined, deployment.accessLogStoredDays],
      ]),
    );
  });

  test('of logs', () => {
    const retentions = propertiesOf('AWS::Logs::LogGroup', logGroupSchema).map(
      ({ RetentionInDays }) => RetentionInDays,
    );
    expect(new Set(retentions)).toEqual(new Set([deployment.logStoredDays]));
  });

  test('of what costs the same each month: the bill has as many secrets and keys, and no fewer alarms and dashboards', () => {
    const countOf = (type: string) => Object.keys(template.findResources(type)).length;
    expect(billAssumptions.secrets).toBe(countOf('AWS::SecretsManager::Secret'));
    expect(billAssumptions.keys).toBe(countOf('AWS::KMS::Key'));
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    const watched = alarms.map((alarm) => Math.max(1, JSON.stringify(alarm).split('"MetricStat"').length - 1));
    expect(billAssumptions.alarms).toBe(watched.reduce((sum, metrics) => sum + metrics, 0));
    expect(billAssumptions.dashboards).toBeGreaterThanOrEqual(countOf('AWS::CloudWatch::Dashboard'));
  });
});
