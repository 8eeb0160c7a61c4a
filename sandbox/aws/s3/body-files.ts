import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { json, type Store } from '../store.ts';

/** A file that never changes once it is written; an object is one of them, or one for each part. */
export const bodyFileSchema = z.object({ name: z.string(), bytes: z.int() });
export type BodyFile = Readonly<z.infer<typeof bodyFileSchema>>;

/** The files that bodies lie in. */
export interface BodyFiles {
  newName(): string;
  pathOf(file: Pick<BodyFile, 'name'>): string;
  /** Keeps files from being removed until the returned function is called, whatever becomes of their object. */
  hold(files: readonly BodyFile[]): () => void;
  /** Removes files once no row names them for good, and those that are held once nobody holds them any more. */
  drop(files: readonly Pick<BodyFile, 'name'>[]): void;
}

/** Removes first what an earlier process has left: bodies that it did not come to name in a row, or to remove. */
export async function openBodyFiles(store: Store): Promise<BodyFiles> {
  const pathOf = ({ name }: Pick<BodyFile, 'name'>) => join(store.bodies, name);
  const holds = new Map<string, number>();
  const dropped = new Set<string>();
  const remove = (name: string) => {
    // A file that cannot be removed is the operating system's trouble, not a caller's.
    void rm(pathOf({ name }), { force: true }).catch(() => undefined);
  };

  await sweep(store);
  return {
    newName: randomUUID,
    pathOf,
    hold: (files) => {
      for (const { name } of files) holds.set(name, (holds.get(name) ?? 0) + 1);
      return () => {
        for (const { name } of files) {
          const left = (holds.get(name) ?? 1) - 1;
          if (left > 0) {
            holds.set(name, left);
            continue;
          }
          holds.delete(name);
          if (dropped.delete(name)) remove(name);
        }
      };
    },
    drop: (files) => {
      store.afterCommit(() => {
        for (const { name } of files) {
          if (holds.has(name)) dropped.add(name);
          else remove(name);
        }
      });
    },
  };
}

async function sweep(store: Store): Promise<void> {
  const ofObjects = store.all('SELECT bodies FROM objects', z.object({ bodies: json(z.array(bodyFileSchema)) }));
  const ofParts = store.all('SELECT body FROM parts', z.object({ body: z.string() }));
  const named = new Set([
    ...ofObjects().flatMap(({ bodies }) => bodies.map(({ name }) => name)),
    ...ofParts().map(({ body }) => body),
  ]);
  // Only what has a name as ours do: it is the user's folder.
  const ours = (await readdir(store.bodies)).filter((name) => z.uuid().safeParse(name).success);
  await Promise.all(
    ours.filter((name) => !named.has(name)).map((name) => rm(join(store.bodies, name), { force: true })),
  );
}
