/** Which tables a folder has. A folder of another version is refused, since what it holds is easily made again. */
export const schemaVersion = 1;

/**
 * What lies in a bucket, an upload, a queue or a secret. Moments are in milliseconds. `bodies` is a JSON list of the files that
 * make an object, in order; a file that no row names is nobody's. Rows of one time keep their order by `rowid`.
 */
export const schema = `
  CREATE TABLE credentials (accessKeyId TEXT PRIMARY KEY, secretAccessKey TEXT NOT NULL, arn TEXT NOT NULL, userId TEXT NOT NULL,
    sessionToken TEXT, endsAtMs INTEGER) STRICT;
  CREATE TABLE endpoint (port INTEGER NOT NULL) STRICT;

  CREATE TABLE buckets (name TEXT PRIMARY KEY) STRICT;
  CREATE TABLE objects (bucket TEXT NOT NULL REFERENCES buckets, key TEXT NOT NULL, bodies TEXT NOT NULL, bytes INTEGER NOT NULL,
    etag TEXT NOT NULL, headers TEXT NOT NULL, modifiedAtMs INTEGER NOT NULL, checksum TEXT, PRIMARY KEY (bucket, key)) STRICT;
  CREATE TABLE uploads (uploadId TEXT PRIMARY KEY, bucket TEXT NOT NULL REFERENCES buckets, key TEXT NOT NULL,
    headers TEXT NOT NULL, checksum TEXT, initiatedAtMs INTEGER NOT NULL) STRICT;
  CREATE TABLE parts (uploadId TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE, number INTEGER NOT NULL, body TEXT NOT NULL,
    bytes INTEGER NOT NULL, md5 TEXT NOT NULL, checksum TEXT, storedAtMs INTEGER NOT NULL, PRIMARY KEY (uploadId, number)) STRICT;

  CREATE TABLE queues (name TEXT PRIMARY KEY, settings TEXT NOT NULL) STRICT;
  CREATE TABLE messages (id TEXT PRIMARY KEY, queue TEXT NOT NULL REFERENCES queues, body TEXT NOT NULL, attributes TEXT NOT NULL,
    senderId TEXT NOT NULL, sentAtMs INTEGER NOT NULL, visibleAtMs INTEGER NOT NULL, receiveCount INTEGER NOT NULL,
    firstReceivedAtMs INTEGER, receivedAtMs INTEGER, receiptHandle TEXT UNIQUE) STRICT;
  CREATE INDEX messages_by_visibility ON messages (queue, visibleAtMs);

  CREATE TABLE secrets (name TEXT PRIMARY KEY, arn TEXT NOT NULL UNIQUE, createdAtMs INTEGER NOT NULL) STRICT;
  CREATE TABLE secret_versions (secret TEXT NOT NULL REFERENCES secrets, id TEXT NOT NULL, text TEXT NOT NULL,
    createdAtMs INTEGER NOT NULL, PRIMARY KEY (secret, id)) STRICT;
  CREATE TABLE secret_stages (secret TEXT NOT NULL, stage TEXT NOT NULL, version TEXT NOT NULL, PRIMARY KEY (secret, stage),
    FOREIGN KEY (secret, version) REFERENCES secret_versions (secret, id)) STRICT;
`;
