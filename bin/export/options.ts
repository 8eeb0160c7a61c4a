import { parseArgs } from 'node:util';
import {
  exportRequestOptions,
  type OptionsRequest,
  parseExportRequest,
  parseViewName,
} from '../export-request-options.ts';
import { UsageError } from '../usage-error.ts';
import { wholeNumber } from '../whole-number.ts';
import { type Address, parseAddress } from './address.ts';

/** What `knosc-export` is to do. */
export type ExportCommand =
  | { readonly name: 'help'; readonly topic: CommandName | undefined }
  | (Common & { readonly name: 'create'; readonly key: string | undefined; readonly body: CreateBody } & Delivered)
  | (Common & { readonly name: 'get'; readonly viewName: string; readonly exportId: string } & Delivered)
  | (Common & ListOptions & { readonly name: 'list'; readonly viewName: string })
  | (Common & { readonly name: 'cancel'; readonly viewName: string; readonly exportId: string })
  | (Common & { readonly name: 'run-schedule'; readonly scheduleName: string } & Delivered)
  | (Common & { readonly name: 'views' });

/** What every command that calls the proxy has. */
interface Common {
  readonly address: Address;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** The body of a create. */
export interface CreateBody extends OptionsRequest {
  readonly delivery?: {
    readonly file_name?: string;
    readonly link_lifetime_s?: number;
    readonly max_age_s?: number;
  };
}

/** Where a workbook goes: a file, `-` for the standard output, its own name where undefined; or only its link is told. */
export interface Delivered {
  readonly out: string | undefined;
  readonly download: boolean;
}

interface ListOptions {
  readonly limit: number;
  readonly cursor: string | undefined;
}

const common = {
  help: { type: 'boolean', short: 'h' },
  url: { type: 'string' },
  region: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
} as const;
const delivered = { out: { type: 'string', short: 'o' }, 'no-download': { type: 'boolean' } } as const;

/** Of each command: what follows its name, and its options. */
const commands = {
  create: {
    operands: ['VIEW'],
    options: {
      ...common,
      ...delivered,
      ...exportRequestOptions,
      'file-name': { type: 'string' },
      'link-lifetime': { type: 'string' },
      'max-age': { type: 'string' },
      key: { type: 'string' },
    },
  },
  get: { operands: ['VIEW', 'ID'], options: { ...common, ...delivered } },
  list: { operands: ['VIEW'], options: { ...common, limit: { type: 'string' }, cursor: { type: 'string' } } },
  cancel: { operands: ['VIEW', 'ID'], options: common },
  views: { operands: [], options: common },
  'run-schedule': { operands: ['NAME'], options: { ...common, ...delivered } },
} as const;

export type CommandName = keyof typeof commands;

// One set for all, so that the command's name is found wherever it stands.
const everyOption = { ...commands.create.options, ...commands.list.options };

/** Throws `UsageError`. */
export function parseExportCommand(args: readonly string[], environment: NodeJS.ProcessEnv): ExportCommand {
  const { values, positionals } = parse(args);
  const [first = '', ...rest] = positionals;
  if (first === 'help') return { name: 'help', topic: topicOf(rest[0]) };
  const name = isCommandName(first) ? first : 'create';
  if (values.help) return { name: 'help', topic: first === '' ? undefined : name };
  for (const given of Object.keys(values)) {
    if (!Object.hasOwn(commands[name].options, given)) {
      throw new UsageError(`--${given} does not go with ${name}; leave it out.`);
    }
  }
  const [view = '', id = ''] = requireOperands(name, isCommandName(first) ? rest : positionals);
  const shared = {
    address: parseAddress(values, environment),
    json: values.json ?? false,
    quiet: values.quiet ?? false,
  };
  switch (name) {
    case 'create':
      return { name, ...shared, ...parseDelivered(values), key: parseKey(values.key), body: parseBody(view, values) };
    case 'get':
      return {
        name,
        ...shared,
        ...parseDelivered(values),
        viewName: parseViewName('VIEW', view),
        exportId: parseId(id),
      };
    case 'list':
      return { name, ...shared, viewName: parseViewName('VIEW', view), ...parseListOptions(values) };
    case 'cancel':
      if (id === 'latest') throw new UsageError('ID is "latest"; cancel wants the very id, as list tells it.');
      return { name, ...shared, viewName: parseViewName('VIEW', view), exportId: parseId(id) };
    case 'run-schedule':
      return { name, ...shared, ...parseDelivered(values), scheduleName: parseScheduleName(view) };
    case 'views':
      return { name, ...shared };
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: everyOption });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the command line cannot be read');
  }
}

function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(commands, text);
}

function topicOf(text: string | undefined): CommandName | undefined {
  if (text === undefined || isCommandName(text)) return text;
  throw new UsageError(
    `There is no help on ${JSON.stringify(text)}; commands are ${Object.keys(commands).join(', ')}.`,
  );
}

function requireOperands(name: CommandName, given: readonly string[]): readonly string[] {
  const { operands } = commands[name];
  const missing = operands[given.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing; ${adviceOnMissing[missing]}.`);
  const tooMuch = given[operands.length];
  if (tooMuch === undefined) return given;
  throw new UsageError(
    `${JSON.stringify(tooMuch)} is too much; ${[name, ...operands].join(' ')} takes no more. Put quotes around what has spaces.`,
  );
}

const adviceOnMissing = {
  VIEW: 'give the name of a view; views lists them',
  ID: 'give the id of an export; list tells them',
  NAME: 'give the name of a schedule, as the settings of the proxy call it',
} as const;

function parseScheduleName(text: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,47}$/.test(text)) return text;
  throw new UsageError(
    `NAME is ${JSON.stringify(text)}; schedules are called by a-z, 0-9, _ and -, such as nightly-po.`,
  );
}

function parseBody(view: string, values: Values): CreateBody {
  const linkLifetime = wholeNumber('--link-lifetime', values['link-lifetime'], 60, 3600);
  const maxAge = wholeNumber('--max-age', values['max-age'], 0, 604_800);
  const fileName = parseFileName(values['file-name']);
  const delivery = {
    ...(fileName !== undefined && { file_name: fileName }),
    ...(linkLifetime !== undefined && { link_lifetime_s: linkLifetime }),
    ...(maxAge !== undefined && { max_age_s: maxAge }),
  };
  return {
    ...parseExportRequest(parseViewName('VIEW', view), values),
    ...(Object.keys(delivery).length > 0 && { delivery }),
  };
}

function parseFileName(text: string | undefined): string | undefined {
  if (text === undefined || /^[^\p{Cc}\p{Cs}/\\]{1,200}$/u.test(text)) return text;
  throw new UsageError(
    `--file-name is ${JSON.stringify(text)}; give 1 to 200 characters, none of them / or \\. --out says where the file goes.`,
  );
}

function parseKey(text: string | undefined): string | undefined {
  if (text === undefined || /^[ -~]{1,255}$/.test(text)) return text;
  throw new UsageError(`--key is ${JSON.stringify(text)}; give 1 to 255 characters of printable ASCII.`);
}

function parseId(text: string): string {
  if (text === 'latest' || /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text)) return text;
  throw new UsageError(`ID is ${JSON.stringify(text)}; ids have 26 characters, such as 7YBQS42K035X48B15W695PK8BV.`);
}

function parseDelivered({ out, json, 'no-download': noDownload = false }: Values): Delivered {
  if (out === '') throw new UsageError('--out is empty; give a file, or - for the standard output.');
  if (noDownload && out !== undefined) throw new UsageError('--out goes with a download; leave --no-download out.');
  if (json && out === '-') throw new UsageError('--json takes the standard output; give --out a file.');
  return { out, download: !noDownload };
}

function parseListOptions({ limit, cursor }: Values): ListOptions {
  if (cursor !== undefined && !/^[\w-]+$/.test(cursor)) {
    throw new UsageError(`--cursor is ${JSON.stringify(cursor)}; give the next_cursor of an earlier list.`);
  }
  return { limit: wholeNumber('--limit', limit, 1, 1000) ?? 20, cursor };
}
