import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from '../store.ts';
import { document } from '../xml.ts';
import type { BodyFiles } from './body-files.ts';
import type { Objects } from './objects.ts';

/** A call with its path-style address taken apart. */
export interface S3Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

/** What the operations work on. */
export interface S3State {
  readonly store: Store;
  readonly objects: Objects;
  readonly files: BodyFiles;
  readonly now: () => number;
  readonly region: string;
}

export function sendXml(response: ServerResponse, root: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(document(root));
}
