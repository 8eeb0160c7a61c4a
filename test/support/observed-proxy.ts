import { onTestFinished } from 'vitest';
import * as z from 'zod';
import type { BusEvent } from '../../sandbox/aws/event-bridge.ts';
import { type LocalExportProxy, startExportProxy } from '../../sandbox/export-proxy.ts';
import { type ScriptedOrigin, sendWorkbook, startScriptedOrigin } from './scripted-origin.ts';
import { smallWorkbook } from './workbooks.ts';

/** The local system before an origin whose answers a test writes, with all that it logs, measures and announces. */
export interface ObservedProxy {
  readonly proxy: LocalExportProxy;
  readonly origin: ScriptedOrigin;
  readonly events: readonly BusEvent[];
  /** Every line, as it was written. */
  readonly lines: readonly string[];
  /** The lines of the log with this message. */
  readonly told: (message: string) => readonly Line[];
  /** The values of a metric, each with the dimensions under which CloudWatch would keep it. */
  readonly measured: (name: string) => readonly Measured[];
  readonly create: (body?: unknown) => Promise<Response>;
}

export type Line = z.output<typeof lineSchema>;
type Measured = { readonly value: number; readonly dimensions: readonly Readonly<Record<string, unknown>>[] };

const lineSchema = z.looseObject({ level: z.string(), timestamp: z.iso.datetime(), message: z.string() });
/** Embedded metric format (CloudWatch, "Specification: Embedded metric format"). */
const metricLineSchema = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int(),
    CloudWatchMetrics: z.tuple([
      z.strictObject({
        Namespace: z.literal('KnoscExportProxy'),
        Dimensions: z.array(z.array(z.string())).min(1),
        Metrics: z.tuple([z.strictObject({ Name: z.string(), Unit: z.enum(['Count', 'Milliseconds', 'Bytes']) })]),
      }),
    ]),
  }),
});

interface Options {
  readonly password?: string;
  readonly leaseSeconds?: number;
  readonly maximumWorkbookBytes?: number;
  readonly exportTimeoutSeconds?: number;
  readonly isBusAway?: () => boolean;
}

/** Ends with its test. */
export async function startObservedProxy(options: Options = {}): Promise<ObservedProxy> {
  const { password = 'p', isBusAway = () => false, ...system } = options;
  const origin = await startScriptedOrigin();
  origin.answerExport(sendWorkbook(await smallWorkbook()));
  const events: BusEvent[] = [];
  const lines: string[] = [];
  const proxy = await startExportProxy({
    port: 0,
    account: { base_url: origin.url, username: 'u', password },
    random: () => 0,
    writeLine: (line) => lines.push(line),
    onEvent: (event) => {
      // The sandbox answers 500 then.
      if (isBusAway()) throw new Error('the bus is away');
      events.push(event);
    },
    ...system,
  });
  onTestFinished(async () => {
    await proxy.close();
    await origin.close();
  });
  const parsed = () => lines.map((line): unknown => JSON.parse(line));
  return {
    proxy,
    origin,
    events,
    lines,
    told: (message) =>
      parsed().flatMap((line) => {
        const { data } = lineSchema.safeParse(line);
        return data?.message === message ? [data] : [];
      }),
    measured: (name) =>
      parsed().flatMap((line) => {
        const { data } = metricLineSchema.safeParse(line);
        const [directive] = data?.['_aws'].CloudWatchMetrics ?? [];
        if (!data || directive?.Metrics[0].Name !== name) return [];
        const dimensions = directive.Dimensions.map((set) => Object.fromEntries(set.map((key) => [key, data[key]])));
        return [{ value: z.number().parse(data[name]), dimensions }];
      }),
    create: (body = {}) =>
      fetch(`${proxy.url}/exports/item_master`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}
