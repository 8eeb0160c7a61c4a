/** Makes a thing when it is first asked for, and only then: a cold start pays for nothing that its first request does not need. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly thing: T } | undefined;
  return () => {
    made ??= { thing: make() };
    return made.thing;
  };
}
