import type { FailureCode } from '../../functions/ledger/failure.ts';
import type { EndedExport, ProblemDocument } from '../export-documents.ts';

/** A problem as a person wants it: what, why, what Knosc said, and what to do. */
export function problemWords(problem: ProblemDocument, what: string): string {
  const { title, code, detail, errors = [], origin, export_id, request_id } = problem;
  const said = [origin?.Code, origin?.Message].filter(Boolean).join(': ');
  return [
    `${what}: ${title} (${code})`,
    `  ${detail}`,
    ...errors.map(({ path, message }) => `  ${path}: ${message}`),
    ...(said === '' ? [] : [`  Knosc said: ${said}`]),
    `  What to do: ${adviceOn(code)}`,
    ...(export_id === undefined ? [] : [`  Export: ${export_id}`]),
    ...(request_id === undefined ? [] : [`  Request: ${request_id}`]),
  ].join('\n');
}

/** Why an export that ended without a failure has no workbook to give. */
export function goneWords({
  status,
  view_name,
  export_id,
}: Extract<EndedExport, { status: 'cancelled' | 'deleted' | 'expired' }>): string {
  const reasons = {
    cancelled: 'was cancelled',
    deleted: 'had its workbook deleted',
    expired: 'was kept for as long as it could be',
  };
  return `The export ${export_id} of ${view_name} ${reasons[status]}; there is nothing to download. Create a new one.`;
}

function adviceOn(code: string): string {
  return isKnown(code) ? advice[code] : 'see docs/failures.md of the proxy, or ask whoever runs it.';
}

function isKnown(code: string): code is FailureCode {
  return Object.hasOwn(advice, code);
}

const later = 'try again later.';
const operator = 'ask whoever runs the proxy: its Knosc account or secret needs mending. Until then it fails again.';
const notOurs = 'tell whoever runs the proxy; this program does not ask so.';

/** What the caller does (docs/failures.md). */
const advice = {
  'request-invalid': 'mend what is named above.',
  'view-not-exportable': 'check the name; the command views lists the known ones.',
  'data-not-assembled':
    'check --filter, --sort, --limit and --offset; columns go by their keys, which views --json tells.',
  'request-refused': 'read what Knosc said, and mend the request.',
  'signature-invalid': notOurs,
  'view-not-privileged': "ask a Knosc administrator to let the proxy's account see the view.",
  'export-not-found': 'check view and id; the command list tells the ids. Exports are remembered for 30 days.',
  'webhook-not-found': notOurs,
  'route-not-found': 'check --url: this proxy, if it is one, is older than this program or lies at another path.',
  'method-not-allowed': 'this proxy is older than this program; ask whoever runs it.',
  'not-acceptable': notOurs,
  'media-type-unsupported': notOurs,
  'body-too-large': 'filter by less.',
  'export-not-ready': 'wait for it with the command get.',
  'export-failed': 'create a new export.',
  'export-gone': 'create a new export.',
  'idempotency-mismatch': 'give another --key, or none.',
  'too-many-requests': later,
  'webhook-secret-unusable': notOurs,
  'credentials-unusable': operator,
  'second-factor-needed': operator,
  'first-sign-in-needed': operator,
  'origin-locked': 'wait until Knosc unlocks the account; whoever runs the proxy finds out who else logs in with it.',
  'origin-busy': later,
  'origin-failed': `${later} If it goes on, Knosc may be down, or the proxy asks the wrong address.`,
  'origin-timeout': 'ask for less: filter, or take pages with --limit and --offset.',
  'workbook-unsound':
    'try again; where it goes on, ask for less, and tell whoever runs the proxy the id of the export.',
  'workbook-too-large': 'ask for less: filter, or take pages with --limit and --offset.',
  'store-failed': later,
  'export-abandoned': 'ask for less: filter, or take pages with --limit and --offset.',
  internal: 'tell whoever runs the proxy the ids below.',
} as const satisfies Record<FailureCode, string>;
