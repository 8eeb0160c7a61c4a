import * as z from 'zod';

/** How many calls a play is for. */
const times = z.union([z.int().min(1), z.literal('always')]).default(1);

const exportPath = '/api/export-data';
const logInPath = '/api/authenticate';
/** What needs no workbook may be played for any of Knosc's paths; what goes with the body is for exports only. */
const anywhere = {
  times,
  path: z.enum([exportPath, logInPath, '/api/verify-2fa', '/api/token-refresh']).default(exportPath),
};
const onlyExports = { times, path: z.literal(exportPath).default(exportPath) };
const onlyLogIns = { times, path: z.literal(logInPath).default(logInPath) };

function play<Name extends string, Fields extends z.ZodRawShape>(name: Name, meaning: string, fields: Fields) {
  return z.strictObject({ play: z.literal(name), ...fields }).describe(meaning);
}

/** Failures on demand, by name; what a request leaves out has a default. */
const playSchema = z.discriminatedUnion('play', [
  play('slow-first-byte', 'answers only after so many "seconds"', {
    ...anywhere,
    seconds: z.number().min(0).max(3600).default(5),
  }),
  play('slow-body', 'sends the workbook at so many "bytes_per_second"', {
    ...onlyExports,
    bytes_per_second: z.int().min(10).default(1000),
  }),
  play('cut', 'breaks the connection off after so many bytes of the workbook ("at_byte")', {
    ...onlyExports,
    at_byte: z.int().min(0).default(1000),
  }),
  play('login-page', 'answers 200 with an HTML page to log in', anywhere),
  play('session-expired', 'takes the access token for expired, now and from then on: 401', onlyExports),
  play('csrf-lost', 'takes the CSRF header for missing: 422', onlyExports),
  play('locked', 'locks the account that logs in, as three wrong passwords do: 403, Retry-After', onlyLogIns),
  play('too-many-requests', 'answers 429 with Retry-After ("retry_after_s"; "retry_after_form": seconds, date, none)', {
    ...anywhere,
    retry_after_s: z.int().min(0).default(1),
    retry_after_form: z.enum(['seconds', 'date', 'none']).default('seconds'),
  }),
  play('server-error', 'answers 500', anywhere),
  play('unavailable', "answers 503 with a gateway's HTML page", anywhere),
  play('wrong-length', 'says a Content-Length that is wrong by so many bytes ("by_bytes", more or less)', {
    ...onlyExports,
    by_bytes: z.int().min(-1000).max(1000).default(10),
  }),
  play('wrong-content-type', 'sends the workbook as "content_type"', {
    ...onlyExports,
    content_type: z
      .string()
      .regex(/^[\w.+-]+\/[\w.+-]+$/)
      .default('application/octet-stream'),
  }),
  play('corrupt-crc', 'sends a workbook whose first entry has the CRC-32 of something else', onlyExports),
  play('silent', 'never answers', anywhere),
]);

export type Play = z.infer<typeof playSchema>;
export type PlayInput = z.input<typeof playSchema>;

/** What there is to play, for people. */
export const playbill: readonly { readonly play: string; readonly does: string }[] = playSchema.options.map(
  (option) => ({
    play: option.shape.play.value,
    does: option.description ?? '',
  }),
);

/** Plays that wait for their calls. */
export interface Plays {
  /** Throws `TypeError`, saying all that is wrong. */
  readonly add: (input: unknown) => Play;
  /** The play for a call to this path, where one waits for it: the oldest. */
  readonly take: (path: string) => Play | undefined;
  readonly waiting: () => readonly Play[];
  readonly clear: () => void;
}

export function createPlays(): Plays {
  let waiting: Play[] = [];
  return {
    add: (input) => {
      const parsed = playSchema.safeParse(input);
      if (!parsed.success) throw new TypeError(faultWords(parsed.error));
      waiting.push(parsed.data);
      return parsed.data;
    },
    take: (path) => {
      const taken = waiting.find((candidate) => candidate.path === path);
      if (taken === undefined) return undefined;
      waiting = waiting.flatMap((candidate) => (candidate === taken ? oneLess(candidate) : [candidate]));
      return taken;
    },
    waiting: () => waiting,
    clear: () => {
      waiting = [];
    },
  };
}

function oneLess(taken: Play): readonly Play[] {
  if (taken.times === 'always') return [taken];
  return taken.times > 1 ? [{ ...taken, times: taken.times - 1 }] : [];
}

function faultWords(error: z.ZodError): string {
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
  return `${faults.join('; ')}. There is ${playbill.map((entry) => entry.play).join(', ')}.`;
}
