import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { commandsOf } from '../e2e/commands-of.ts';

const runbook = await readFile(fileURLToPath(new URL('../../docs/runbook.md', import.meta.url)), 'utf8');

/** An AWS CLI that answers one letter, refuses the calls named in REFUSED, and keeps what it was asked. */
const cli = String.raw`#!/usr/bin/env bash
shift
if [ "$1" = receive-message ]; then echo "$RECEIVED"; else { printf '%s\t' "$@"; echo; } >> "$CALLS"; fi
[ "$1" != "$REFUSED" ]
`;

/** What the entry's last command asks of SQS when it receives this, by the outcome of its calls. */
async function callsOf(entry: string, received: string, refused = ''): Promise<readonly (readonly string[])[]> {
  const command = commandsOf(runbook.slice(runbook.indexOf(`## ${entry}\n`)).split(/^## /m)[1] ?? '').at(-1) ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'knosc-letters-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const calls = join(folder, 'calls');
  await writeFile(join(folder, 'aws'), cli, { mode: 0o755 });
  await writeFile(calls, '');
  const env = {
    PATH: [folder, dirname(process.execPath), process.env['PATH']].join(delimiter),
    QUEUE_URL: 'queue',
    DEAD_LETTERS_URL: 'dead-letters',
    SCHEDULE_DEAD_LETTERS_URL: 'schedule-dead-letters',
    RECEIVED: received,
    CALLS: calls,
    REFUSED: refused,
  };
  // As in a terminal, which goes on after a command that failed.
  await promisify(execFile)('bash', ['-c', `${command}\ntrue`], { env });
  const lines = (await readFile(calls, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split('\t').slice(0, -1));
}

const message = JSON.stringify({
  schedule: 'nightly',
  fire_time: '2026-11-27T05:00:00Z',
  time_zone: 'Europe/Berlin',
  request: { view_name: 'item_master', filters: { Name: `it's  "10 $" \\ ü` } },
});
// As the EventBridge Scheduler User Guide shows one, "Retrieve the dead-letter event".
const request = JSON.stringify({ MessageBody: message, QueueUrl: 'https://sqs.eu-central-1.amazonaws.com/1/exports' });
const unfilled = message.replace('2026-11-27T05:00:00Z', '<aws.scheduler.scheduled-time>');
const received = (body: string) => `AQEB/+=\t2026-11-27T05:00:00Z\t${body}`;
const sent = ['send-message', '--queue-url', 'queue', '--message-body', message];
const removed = ['delete-message', '--queue-url', 'schedule-dead-letters', '--receipt-handle', 'AQEB/+='];

test.each<[form: string, letter: string]>([
  ['as the request that SQS refused', request],
  ['as the message alone', message],
  ['with its time not filled in', unfilled],
])('the runbook sends the message of a letter from Scheduler %s, and removes the letter', async (_form, letter) => {
  expect(await callsOf('schedule-dead-letters', received(letter))).toEqual([sent, removed]);
});

test('the runbook sends and removes nothing where there is no letter', async () => {
  expect(await callsOf('schedule-dead-letters', 'None')).toEqual([]);
  expect(await callsOf('dead-letters', 'None')).toEqual([]);
});

test('the runbook removes no letter that it could not read or send', async () => {
  expect(await callsOf('schedule-dead-letters', received('no JSON'))).toEqual([]);
  expect(await callsOf('schedule-dead-letters', received(request), 'send-message')).toEqual([sent]);
  expect(await callsOf('dead-letters', `AQEB/+=\t${message}`, 'send-message')).toEqual([sent]);
});

test('the runbook moves what nobody could read back to the queue as it is', async () => {
  expect(await callsOf('dead-letters', `AQEB/+=\t${message}`)).toEqual([
    sent,
    ['delete-message', '--queue-url', 'dead-letters', '--receipt-handle', 'AQEB/+='],
  ]);
});
