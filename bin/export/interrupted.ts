/** Stopped by Ctrl-C. The message says how things stand and how to go on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
