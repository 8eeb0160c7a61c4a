import { parseArgs } from 'node:util';
import { startKnosc } from '../sandbox/knosc/start.ts';
import { seededUsers } from '../sandbox/knosc/users.ts';

const help = `Starts Knosc's stand-in alone, on 127.0.0.1, until Ctrl-C.

  npm run sandbox -- [options]

  --port N     where it listens (default 3001)
  --orders N   how many purchase orders it holds (default 3000; 390000 have a million lines)
`;

/** `npm run sandbox`. */
async function main(args: readonly string[]): Promise<void> {
  const options = parse(args);
  if (options === undefined) return console.log(help);
  const knosc = await startKnosc(options).catch((error: unknown) => fail(faultWords(error, options.port), 1));
  console.log(howToTalk(knosc.url));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void knosc.close().then(() => process.exit());
    });
  }
}

function parse(args: readonly string[]): { port: number; orders: number } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        port: { type: 'string', default: '3001' },
        orders: { type: 'string', default: '3000' },
      },
    });
    if (values.help) return undefined;
    return {
      port: wholeNumber('--port', values.port, 65_535),
      orders: wholeNumber('--orders', values.orders, 1_000_000),
    };
  } catch (error) {
    return fail(
      `${error instanceof Error ? error.message : String(error)}\nnpm run sandbox -- --help tells all options.`,
      2,
    );
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  if (/^\d+$/.test(text) && Number(text) <= most) return Number(text);
  throw new Error(`${name} is ${JSON.stringify(text)}; give a whole number from 0 to ${most}.`);
}

function faultWords(error: unknown, port: number): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `Port ${port} is taken by another program. Choose another one: npm run sandbox -- --port ${port + 1}`;
  }
  return String(error);
}

function fail(words: string, code: number): never {
  console.error(words);
  process.exit(code);
}

function howToTalk(url: string): string {
  const { full, totp, procurement, supplier, newcomer, suspended } = seededUsers;
  return `Knosc's stand-in listens on ${url} until Ctrl-C.

Users
${userLine(full, 'may see everything')}
${userLine(procurement, 'may see purchase orders only')}
${userLine(supplier, 'may see what concerns supplier SUP-007 only, and nothing of warehouse WH-04')}
${userLine(totp, `is asked for a TOTP code; its set-up key is ${totp.totpSecret}`)}
${userLine(newcomer, 'has never signed in, so a log-in opens no session')}
${userLine(suspended, 'is refused')}

Log in, then export, as Knosc's own page shows it
  curl -c cookies.txt ${url}/api/authenticate \\
    -H "Content-Type: application/json" \\
    -d '{"username": "${full.username}", "password": "${full.password}"}'

  CSRF=$(grep csrf_access_token cookies.txt | awk '{print $NF}')
  curl -b cookies.txt -X POST ${url}/api/export-data \\
    -H "Content-Type: application/json" \\
    -H "X-XSRF-TOKEN: $CSRF" \\
    -o "purchase-orders.xlsx" \\
    -d '{
      "view_name": "purchase_order_list",
      "sort": {"key": "PO List Order Date", "type": "Descending"}
    }'

Let it fail: for the next N calls ("times": 2) or for all ("times": "always")
  curl ${url}/sandbox/plays
  curl -X POST ${url}/sandbox/plays -d '{"play": "cut", "at_byte": 5000}'
  curl -X DELETE ${url}/sandbox/plays

Through the proxy
  KNOSC_PASSWORD='${full.password}' npm start -- --origin ${url} --username ${full.username}
`;
}

function userLine({ username, password }: { username: string; password: string }, words: string): string {
  return `  ${username.padEnd(12)} ${password.padEnd(30)} ${words}`;
}

await main(process.argv.slice(2));
