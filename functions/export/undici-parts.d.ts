/**
 * The parts of undici that the export function needs, typed by undici's public types. Its main entry loads mocks, caches,
 * fetch and WebSockets at every start: 25 ms of a processor. These paths are no promise of undici's; its version is exact.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';
  /** What the main entry makes `dispatcher.request`. */
  export default function request(
    this: Dispatcher,
    options: Dispatcher.RequestOptions,
  ): Promise<Dispatcher.ResponseData>;
}

declare module 'undici/lib/web/cookies/index.js' {
  export { parseCookie } from 'undici';
}
