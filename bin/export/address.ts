import { UsageError } from '../usage-error.ts';

/** Where the proxy listens, and how calls of it are signed. */
export interface Address {
  /** Without a slash at its end. */
  readonly url: string;
  /** Calls are signed for this region; undefined where they are not signed. */
  readonly region: string | undefined;
  /** The options that led here, to be repeated in advice. */
  readonly options: readonly string[];
}

export const defaultUrl = 'http://127.0.0.1:3000';

interface AddressValues {
  readonly url?: string | undefined;
  readonly region?: string | undefined;
}

/** Throws `UsageError`. Signed is whatever leaves this machine, and what a region was given for. */
export function parseAddress(values: AddressValues, environment: NodeJS.ProcessEnv): Address {
  const [name, text] =
    values.url !== undefined
      ? ['--url', values.url]
      : ['KNOSC_EXPORT_URL', environment['KNOSC_EXPORT_URL'] || defaultUrl];
  const url = parseUrl(name, text);
  if (values.region !== undefined && !isRegion(values.region)) {
    throw new UsageError(`--region is ${JSON.stringify(values.region)}; regions look like eu-central-1.`);
  }
  const given = Object.entries(values).filter(([option]) => option === 'url' || option === 'region');
  return {
    url: url.href.replace(/\/+$/, ''),
    region: isLoopback(url) ? values.region : (values.region ?? regionOf(url, environment)),
    options: given.flatMap(([option, value]) => [`--${option}`, String(value)]),
  };
}

function parseUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  const isPlain = url !== null && !url.username && !url.password && !url.search && !url.hash;
  if (isPlain && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) return url;
  const shown = url?.username || url?.password ? 'an address with a user or password in it' : JSON.stringify(text);
  throw new UsageError(
    `${name} is ${shown}; give the proxy's address, such as https://abc123.execute-api.eu-central-1.amazonaws.com (http:// only for this machine).`,
  );
}

function isLoopback({ hostname }: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

function isRegion(text: string): boolean {
  return /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text);
}

/** API Gateway's own host names tell the region; for any other name the environment does. */
function regionOf({ hostname }: URL, environment: NodeJS.ProcessEnv): string {
  const [, inName] = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname) ?? [];
  const region = inName ?? (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']);
  if (region && isRegion(region)) return region;
  throw new UsageError(
    `The AWS region of ${hostname} is not known; give --region, or the environment variable AWS_REGION.`,
  );
}
