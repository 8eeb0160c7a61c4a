import dns from 'node:dns';

const { lookup } = dns;

/**
 * Names under localhost are this machine (RFC 6761, 6.3). curl knows that by itself; Node asks a resolver, and not every machine's knows.
 *
 * @param {string} name
 * @param {unknown[]} rest
 */
dns.lookup = (name, ...rest) => {
  Reflect.apply(lookup, dns, [name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest]);
};
