/** Callers that come at random to a number of servers, and wait in one queue: M/M/c. */
export interface Servers {
  readonly arrivalsPerSecond: number;
  readonly meanServiceSeconds: number;
  readonly servers: number;
  /** Variance of the service over the square of its mean: 1 for M/M/c, and for others an approximation (Allen and Cunneen). */
  readonly squaredVariation?: number;
}

/** How many servers are busy on average; the queue grows for ever where it is not less than there are. In Erlangs. */
export function offeredLoad({ arrivalsPerSecond, meanServiceSeconds }: Servers): number {
  return arrivalsPerSecond * meanServiceSeconds;
}

/** The share of callers who have to wait: Erlang C, by way of Erlang B's recursion, which does not overflow. */
export function shareWhoWait(servers: Servers): number {
  const load = offeredLoad(servers);
  if (load >= servers.servers) return 1;
  let blocked = 1;
  for (let count = 1; count <= servers.servers; count += 1) blocked = (load * blocked) / (count + load * blocked);
  return blocked / (1 - (load / servers.servers) * (1 - blocked));
}

/** The mean wait of all callers. */
export function meanWaitSeconds(servers: Servers): number {
  return shareWhoWait(servers) * meanWaitOfWaitingSeconds(servers);
}

/** The share of callers who wait longer than that. */
export function shareWaitingLongerThan(seconds: number, servers: Servers): number {
  if (offeredLoad(servers) >= servers.servers) return 1;
  return shareWhoWait(servers) * Math.exp(-seconds / meanWaitOfWaitingSeconds(servers));
}

/** The fewest servers with which no more than that share waits longer than that. */
export function serversFor(
  { longestWaitSeconds, share }: { readonly longestWaitSeconds: number; readonly share: number },
  load: Omit<Servers, 'servers'>,
): number {
  let servers = Math.max(1, Math.ceil(offeredLoad({ ...load, servers: 1 })));
  while (shareWaitingLongerThan(longestWaitSeconds, { ...load, servers }) > share) servers += 1;
  return servers;
}

function meanWaitOfWaitingSeconds(servers: Servers): number {
  const { meanServiceSeconds, squaredVariation = 1 } = servers;
  const spare = servers.servers - offeredLoad(servers);
  return spare <= 0 ? Number.POSITIVE_INFINITY : ((1 + squaredVariation) / 2) * (meanServiceSeconds / spare);
}
