/** The proxy could not be reached, or did not let us in. The message says how far it came and what to do. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}
