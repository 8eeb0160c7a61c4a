import { parseArgs } from 'node:util';
import {
  exportRequestOptions,
  type OptionsRequest,
  parseExportRequest,
  parseViewName,
} from './export-request-options.ts';
import { UsageError } from './usage-error.ts';
import { wholeNumber } from './whole-number.ts';

export const localHelp = `Runs one export on this machine, through the functions that Lambda runs, and keeps serving.

  npm start -- [options]

The export
  --view NAME               the view to export (default purchase_order_list)
  --filter 'COLUMN=VALUE'   only rows whose column is the value; repeat it for more columns,
                            or for more values of one column (any of them)
  --sort 'COLUMN:Descending'  or Ascending
  --limit N, --offset N     N rows, from row N on
  --out FILE                download the workbook through its link and save it

Running
  --port N                  where the HTTP interface listens on 127.0.0.1 (default 3000)
  --once                    export, print, exit; the exit code is 1 when the export failed
  --data DIR                keep buckets, queues and secrets in a folder: the next start with it goes on where this one
                            stopped, or was killed, and takes up what was queued
  --verbose                 the functions' log and metric lines too, on stderr
  --json                    the last line on stdout is the export as one JSON object; all words go to stderr

Settings
  --settings FILE           a deployment's settings (default: settings.json, if it is there); its schedules fire while
                            this runs, and npm run export -- run-schedule NAME fires one now

Another Knosc than the sandbox's
  --origin URL              such as https://acme.knosc.com, or http://127.0.0.1:3001
  --username NAME           with the password in the environment variable KNOSC_PASSWORD
                            and, for a 2FA account, its set-up key in KNOSC_TOTP_SECRET

On another AWS than the sandbox's
  --aws environment         the one that the environment variables describe: AWS_REGION, AWS_ENDPOINT_URL and
                            credentials as for any SDK, and BUCKET_NAME, QUEUE_URL, SECRET_ID,
                            SESSION_KEY_SECRET_ID, LINK_ROLE_ARN;
                            its secret names the origin (on this machine any loopback port, else Knosc's
                            own addresses and what ORIGIN_HOSTS and the settings name). Its own EventBridge
                            fires its schedules: those of the settings fire only by run-schedule

Exit codes: 0 well, 1 the export failed or something broke, 2 the command line is wrong.

Examples
  npm start -- --once --out po.xlsx --filter 'PO List Document Status=Open' --sort 'PO List Order Date:Descending'
  npm start -- --once --json --view item_master --limit 10
`;

/** What the command line asks for. */
export interface LocalOptions {
  readonly help: boolean;
  readonly port: number;
  readonly once: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly out: string | undefined;
  readonly aws: 'sandbox' | 'environment';
  readonly data: string | undefined;
  readonly settingsFile: string | undefined;
  readonly exportRequest: OptionsRequest;
  readonly account: LocalAccount | undefined;
}

/** An account at another origin than the sandbox's. */
export interface LocalAccount {
  readonly base_url: string;
  readonly username: string;
  readonly password: string;
  readonly totp_secret?: string;
}

/** Throws `UsageError`. Secrets come from the environment only: command lines are there for all to see. */
export function parseLocalOptions(args: readonly string[], environment: NodeJS.ProcessEnv): LocalOptions {
  const values = parse(args);
  return {
    help: values.help,
    port: wholeNumber('--port', values.port, 0, 65_535) ?? 3000,
    once: values.once,
    json: values.json,
    verbose: values.verbose,
    out: values.out,
    aws: parseAws(values),
    data: values.data,
    settingsFile: parseSettingsFile(values.settings),
    exportRequest: parseExportRequest(parseViewName('--view', values.view), values),
    account: parseAccount(values.origin, values.username, environment),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        port: { type: 'string' },
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        out: { type: 'string' },
        data: { type: 'string' },
        settings: { type: 'string' },
        view: { type: 'string', default: 'purchase_order_list' },
        ...exportRequestOptions,
        aws: { type: 'string', default: 'sandbox' },
        origin: { type: 'string' },
        username: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the command line cannot be read');
  }
}

function parseAws({ aws, origin, data }: ReturnType<typeof parse>): 'sandbox' | 'environment' {
  if (aws !== 'sandbox' && aws !== 'environment') {
    throw new UsageError(`--aws is ${JSON.stringify(aws)}; give sandbox or environment.`);
  }
  if (aws === 'environment' && origin !== undefined) {
    throw new UsageError('--origin goes with the sandbox only; with --aws environment the secret names the origin.');
  }
  if (aws === 'environment' && data !== undefined) {
    throw new UsageError(
      '--data goes with the sandbox only; with --aws environment it is that AWS which keeps the data.',
    );
  }
  if (data === '') throw new UsageError('--data is empty; give a folder.');
  return aws;
}

function parseSettingsFile(file: string | undefined): string | undefined {
  if (file === '') throw new UsageError('--settings is empty; give a file.');
  return file;
}

function parseAccount(
  origin: string | undefined,
  username: string | undefined,
  environment: NodeJS.ProcessEnv,
): LocalAccount | undefined {
  if (origin === undefined) {
    if (username === undefined) return undefined;
    throw new UsageError('--username is given without --origin; the sandbox has an account of its own.');
  }
  const url = URL.parse(origin);
  const isLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (
    !url ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) ||
    url.origin !== origin.replace(/\/$/, '')
  ) {
    throw new UsageError(
      `--origin is ${url?.password ? 'an address with a password in it' : JSON.stringify(origin)}; give scheme, host and optional port, such as https://acme.knosc.com (http:// only for this machine).`,
    );
  }
  const password = environment['KNOSC_PASSWORD'];
  const totpSecret = environment['KNOSC_TOTP_SECRET'];
  if (!username) throw new UsageError('--origin needs --username NAME too.');
  if (!password) throw new UsageError('--origin needs the password in the environment variable KNOSC_PASSWORD.');
  return { base_url: url.origin, username, password, ...(totpSecret && { totp_secret: totpSecret }) };
}
