/**
 * Middleware of a command's `build` step that has it signed without its body: TLS and the CRC-32 that goes with it guard the
 * bytes, and a SHA-256 of each part would hold up everything else for 5 ms (8 MiB at 1.6 GiB/s).
 */
export function unsignedBody<A extends { request: unknown }, R>(next: (args: A) => R): (args: A) => R {
  return (args) => {
    if (hasHeaders(args.request)) args.request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
    return next(args);
  };
}

function hasHeaders(request: unknown): request is { readonly headers: Record<string, string> } {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
