import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that never changes once it is written; an object is one of them, or one for each part. */
export interface BodyFile {
  readonly path: string;
  readonly bytes: number;
}

/** The files that bodies lie in. */
export interface BodyFiles {
  newPath(): string;
  /** Keeps files from being removed until the returned function is called, whatever becomes of their object. */
  hold(files: readonly BodyFile[]): () => void;
  /** Removes files, those that are held once nobody holds them any more. */
  drop(files: readonly Pick<BodyFile, 'path'>[]): void;
}

export function createBodyFiles(directory: string): BodyFiles {
  const holds = new Map<string, number>();
  const dropped = new Set<string>();

  return {
    newPath: () => join(directory, randomUUID()),
    hold: (files) => {
      for (const { path } of files) holds.set(path, (holds.get(path) ?? 0) + 1);
      return () => {
        for (const { path } of files) {
          const left = (holds.get(path) ?? 1) - 1;
          if (left > 0) {
            holds.set(path, left);
            continue;
          }
          holds.delete(path);
          if (dropped.delete(path)) remove(path);
        }
      };
    },
    drop: (files) => {
      for (const { path } of files) {
        if (holds.has(path)) dropped.add(path);
        else remove(path);
      }
    },
  };
}

function remove(path: string): void {
  // A file that cannot be removed is the operating system's trouble, not a caller's.
  void rm(path, { force: true }).catch(() => undefined);
}
