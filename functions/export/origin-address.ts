import { ExportFailure } from '../ledger/failure.ts';

/** Which origins a deployment may talk to. */
export interface OriginPolicy {
  /** Hosts (with port where there is one) beside Knosc's own, named by the deployment's settings. */
  readonly namedHosts: readonly string[];
  /** Locally any loopback port may be the origin; inside Lambda loopback is the sandbox of somebody else's code. */
  readonly allowsLoopback: boolean;
}

const knoscHost = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.knosc\.(com|io)$/;
const loopbackHosts = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Scheme, host and port of an origin, checked against the policy. The address decides who is sent the password, so
 * anything doubtful fails with `credentials-unusable`.
 */
export function parseOriginAddress(text: string, policy: OriginPolicy): string {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refused('is not an http(s) address');
  }
  if (url.username || url.password || url.search || url.hash || (url.pathname !== '/' && url.pathname !== '')) {
    throw refused('must be scheme, host and optional port only, without a path');
  }
  const isLoopback = loopbackHosts.has(url.hostname);
  const isNamed = policy.namedHosts.includes(url.host);
  if (url.protocol === 'http:' && !isLoopback) throw refused('must begin with https://');
  const isAllowed = isNamed || (isLoopback ? policy.allowsLoopback : knoscHost.test(url.hostname) && url.port === '');
  if (!isAllowed) throw refused('is neither under knosc.com or knosc.io nor a host that the settings name');
  return url.origin;
}

function refused(what: string): ExportFailure {
  return new ExportFailure(
    'credentials-unusable',
    `The secret's "base_url" ${what}. Put your Knosc address there, such as https://acme.knosc.com.`,
  );
}
