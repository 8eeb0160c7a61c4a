import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { defaultMetricsNamespace, type MetricName, metrics } from './metric-names.ts';

/** What a log line may hold beside level, time and message (docs/metrics.md). Whatever is not in it never gets out. */
export const logFields = [
  'request_id',
  'message_id',
  'export_id',
  'view_name',
  'trigger',
  'trigger_name',
  'outcome',
  'attempts',
  'bytes',
  'time_to_link_ms',
  'queue_ms',
  'login_ms',
  'origin_first_byte_ms',
  'transfer_ms',
  'total_ms',
  'code',
  'reason',
  'route',
  'status',
  'duration_ms',
  'where',
  'error',
  'error_code',
  'stack',
] as const;
type LogField = (typeof logFields)[number];
export type LogFields = { readonly [Field in LogField]?: string | number | undefined };

/** What is worth a line; the words never change, so that one can search for them. */
export const facts = [
  'run began',
  'export ended',
  'proof failed',
  'log-in tried',
  'message given back',
  'event not sent',
  'webhook secret unusable',
  'answered',
  'defect',
] as const;
type Fact = Exclude<(typeof facts)[number], 'defect'>;

type DimensionsOf<Name extends MetricName> = {
  readonly [Dimension in (typeof metrics)[Name]['dimensionSets'][number][number]]: string;
};

/** Where a function tells what happens: JSON lines for people, EMF lines for CloudWatch. Each is written at once, so none is lost with a function that dies. */
export interface Observer {
  readonly tell: (fact: Fact, fields: LogFields) => void;
  /** `about` is on the line and in no dimension. */
  readonly measure: <Name extends MetricName>(
    name: Name,
    value: number,
    dimensions: DimensionsOf<Name>,
    about?: Pick<LogFields, 'export_id' | 'view_name'>,
  ) => void;
  /** An error that nobody foresaw. `where` is an id, never anything a caller or Knosc has said. */
  readonly reportDefect: (where: string, error: unknown) => void;
}

/** `write` takes a line without its end. */
export function createObserver(
  write: (line: string) => void = writeToStdout,
  namespace: string = defaultMetricsNamespace,
): Observer {
  const logger = new LineLogger(write);
  const measured = new Metrics({ namespace, logger: quiet });
  // Powertools' own dimension, `service`, would make every metric twice as long to name.
  measured.clearDefaultDimensions();

  const measure: Observer['measure'] = (name, value, dimensions, about = {}) => {
    const { unit, dimensionSets } = metrics[name];
    const values = new Map<string, string>(Object.entries(dimensions));
    for (const set of dimensionSets) {
      measured.addDimensions(Object.fromEntries(set.map((dimension) => [dimension, values.get(dimension) ?? 'none'])));
    }
    for (const [field, told] of Object.entries(about)) measured.addMetadata(field, String(told));
    measured.addMetric(name, unit, value);
    const line = JSON.stringify(measured.serializeMetrics());
    measured.clearMetrics();
    measured.clearDimensions();
    measured.clearMetadata();
    write(line);
  };

  return {
    measure,
    tell: (fact, fields) => logger.info(fact, fields),
    reportDefect: (where, error) => {
      logger.error('defect', { where, ...nameOf(error), stack: framesOf(error) });
      measure('Defects', 1, {});
    },
  };
}

function writeToStdout(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Powertools warns wherever two dimension sets share a dimension, which all of ours do on purpose. */
const quiet = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {}

class LineLogger extends Logger {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    super({ logLevel: 'INFO', logFormatter: new AllowListFormatter() });
    this.#write = write;
  }

  protected override printLog(_level: number, log: LogItem): void {
    log.prepareForPrint();
    this.#write(JSON.stringify(log.getAttributes()));
  }
}

class AllowListFormatter extends LogFormatter {
  override formatAttributes(
    { logLevel, timestamp, message, xRayTraceId }: Parameters<LogFormatter['formatAttributes']>[0],
    fields: Readonly<Record<string, unknown>>,
  ): LogItem {
    const allowed = logFields.map((field) => [field, allowedValue(fields[field])] as const);
    const base = { level: logLevel, timestamp: timestamp.toISOString(), message, xray_trace_id: xRayTraceId };
    return new LogItem({ attributes: { ...base, ...Object.fromEntries(allowed) } });
  }
}

/** Room for a stack of twenty frames. */
const longestFieldCharacters = 3_000;

function allowedValue(value: unknown): string | number | undefined {
  if (typeof value === 'string') return value.slice(0, longestFieldCharacters);
  return typeof value === 'number' ? value : undefined;
}

/** An error's name and code. Its message is left out: it may quote what a caller, Knosc or a file has said. */
export function nameOf(error: unknown): Pick<LogFields, 'error' | 'error_code'> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { error: plain(error.name), error_code: plain(code) };
}

function framesOf(error: unknown): string | undefined {
  const lines = error instanceof Error ? error.stack?.split('\n') : undefined;
  return lines
    ?.filter((line) => /^\s+at /.test(line))
    .slice(0, 20)
    .join('\n');
}

/** Names and codes are identifiers; what is not may be anything. */
function plain(name: string | undefined): string | undefined {
  return name === undefined || /^[\w.-]{1,100}$/.test(name) ? name : 'unnamed';
}
