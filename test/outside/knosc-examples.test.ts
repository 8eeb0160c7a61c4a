import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KnoscSandbox, startKnosc } from '../../sandbox/knosc/start.ts';
import { seededUsers } from '../../sandbox/knosc/users.ts';
import { rowsOf } from '../support/workbooks.ts';

const run = promisify(execFile);
let directory: string;
let knosc: KnoscSandbox;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'knosc-examples-'));
  knosc = await startKnosc({ orders: 300 });
});

afterAll(async () => {
  await knosc.close();
  await rm(directory, { recursive: true });
});

const documentedHost = 'https://acme.knosc.com';
const { username, password } = seededUsers.full;
const logInBody = JSON.stringify({ username, password });

/** The page's two examples, word for word. Both take a session for granted, so a log-in goes before. */
const curlExample = `CSRF=$(grep csrf_access_token cookies.txt | awk '{print $NF}')
curl -b cookies.txt -X POST ${documentedHost}/api/export-data \\
-H "Content-Type: application/json" \\
-H "X-XSRF-TOKEN: $CSRF" \\
-o "purchase-orders.xlsx" \\
-d '{
"view_name": "purchase_order_list",
"sort": {"key": "PO List Order Date", "type": "Descending"}
}'`;
const pythonExample = `csrf = session.cookies.get("csrf_access_token")
r = session.post(
"${documentedHost}/api/export-data",
headers={"X-XSRF-TOKEN": csrf},
json={
"view_name": "purchase_order_list",
"filters": {"PO List Document Status": "Open"}
}
)
with open("purchase-orders.xlsx", "wb") as f:
    f.write(r.content)
print("Export saved.")`;

const exported = async () => rowsOf(await readFile(join(directory, 'purchase-orders.xlsx')));

test("the curl example of Knosc's export page works but for the host", async () => {
  const logIn = `curl -s -c cookies.txt -H 'Content-Type: application/json' -d '${logInBody}' ${documentedHost}/api/authenticate`;
  const script = `${logIn}\n${curlExample}`.replaceAll(documentedHost, knosc.url);
  await run('bash', ['-ec', script], { cwd: directory });
  const [, ...rows] = await exported();
  const dates = rows.map((row) => Number(row[3]));
  expect(dates).toEqual(dates.toSorted((a, b) => b - a));
});

test("the Python example of Knosc's export page works but for the host", async () => {
  const logIn = `import requests\nsession = requests.Session()\nsession.post("${documentedHost}/api/authenticate", json=${logInBody})`;
  const script = `${logIn}\n${pythonExample}`.replaceAll(documentedHost, knosc.url);
  const { stdout } = await run('/usr/bin/python3', ['-c', script], { cwd: directory });
  expect(stdout).toContain('Export saved.');
  const [, ...rows] = await exported();
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.every((row) => row[2] === 'Open')).toBe(true);
});
