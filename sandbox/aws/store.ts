import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import * as z from 'zod';
import { schema, schemaVersion } from './schema.ts';

type Values = readonly SQLInputValue[];

/**
 * What AWS keeps: rows in one SQLite database, bodies in files beside it. With a folder all of it outlives the process, however
 * that ends; what was answered is in the folder by then. (It need not outlive the machine: SQLite does not wait for the disk at
 * each commit.) Statements are prepared once, and rows come out parsed.
 */
export interface Store {
  /** Where the files of bodies lie. */
  readonly bodies: string;
  get<T>(sql: string, row: z.ZodType<T>): (...values: Values) => T | undefined;
  all<T>(sql: string, row: z.ZodType<T>): (...values: Values) => readonly T[];
  /** Answers how many rows it changed. */
  run(sql: string): (...values: Values) => number;
  /** All of the work or nothing of it, though the process die in the middle. One inside another is a part of that. */
  transaction<T>(work: () => T): T;
  /** Acts once what is being written can no longer be undone: at once outside a transaction, never where one is rolled back. */
  afterCommit(act: () => void): void;
  /** Removes what lay on disk unless a folder was given. A second time does no harm. */
  close(): Promise<void>;
}

/** Rejects with a clear word where another sandbox has the folder open, or where it was written by another version. */
export async function openStore(folder: string | undefined): Promise<Store> {
  if (folder === undefined) {
    const temporary = await mkdtemp(join(tmpdir(), 'knosc-sandbox-'));
    // An upload that was cut off by the close may still be making a file.
    const remove = () => rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    return storeOver(openDatabase(':memory:'), temporary, remove);
  }
  const bodies = join(folder, 'bodies');
  await mkdir(bodies, { recursive: true, mode: 0o700 });
  const path = join(folder, 'aws.sqlite');
  // It holds passwords and keys. SQLite gives its log the same mode.
  closeSync(openSync(path, 'a', 0o600));
  return storeOver(openDatabase(path), bodies, () => Promise.resolve());
}

const sqliteBusy = 5;

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // The lock is the operating system's: it is taken here, and gone with the process however that ends.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('BEGIN IMMEDIATE');
    makeTables(database, path);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    const isInUse = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
    if (!isInUse) throw error;
    throw new Error(`${path} is in use by another sandbox. Stop that one, or give another folder.`, { cause: error });
  }
}

function makeTables(database: DatabaseSync, path: string): void {
  const versionRow = z.object({ user_version: z.int() });
  const { user_version: version } = versionRow.parse(database.prepare('PRAGMA user_version').get());
  if (version === schemaVersion) return;
  if (version !== 0) {
    const message = `${path} has version ${version}, and this sandbox reads ${schemaVersion}. Give another folder.`;
    throw new Error(message);
  }
  database.exec(schema);
  database.exec(`PRAGMA user_version = ${schemaVersion}`);
}

function storeOver(database: DatabaseSync, bodies: string, remove: () => Promise<void>): Store {
  let waiting: (() => void)[] = [];
  const isWriting = () => database.isTransaction;

  const transaction: Store['transaction'] = (work) => {
    if (isWriting()) return work();
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      for (const act of waiting) act();
      return result;
    } catch (error) {
      if (isWriting()) database.exec('ROLLBACK');
      throw error;
    } finally {
      waiting = [];
    }
  };

  return {
    bodies,
    get: (sql, row) => {
      const statement = database.prepare(sql);
      const parsed = row.optional();
      return (...values) => parsed.parse(statement.get(...values));
    },
    all: (sql, row) => {
      const statement = database.prepare(sql);
      const parsed = z.array(row);
      return (...values) => parsed.parse(statement.all(...values));
    },
    run: (sql) => {
      const statement = database.prepare(sql);
      return (...values) => Number(statement.run(...values).changes);
    },
    transaction,
    afterCommit: (act) => {
      if (isWriting()) waiting.push(act);
      else act();
    },
    close: async () => {
      if (database.isOpen) database.close();
      await remove();
    },
  };
}

/** A column that may hold nothing. */
export function orNothing<T>(column: z.ZodType<T>) {
  return column.nullable().transform((value) => value ?? undefined);
}

/** A column of JSON. */
export function json<T>(content: z.ZodType<T>) {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(content);
}

/** SQL for a text that begins with another; of bytes, because SQLite's length of a text ends at a NUL. */
export function startsWith(text: string, prefix: string): string {
  return `substr(CAST(${text} AS BLOB), 1, length(CAST(${prefix} AS BLOB))) = CAST(${prefix} AS BLOB)`;
}
