/**
 * The application ID of this service in the header of the SQLite database file. The service refuses a database file
 * with another application ID.
 */
export const APPLICATION_ID = 0x63636e6a;

/** The version of the database tables that this release writes. Each change of the tables needs a new version. */
export const SCHEMA_VERSION = 1;

/**
 * The SQL statements that create the tables of the ledger and of the queues. Each value that a query searches for has
 * its own column. The column `body` contains all other values of a row, as JSON. Times are in milliseconds since
 * 1970-01-01T00:00:00Z.
 */
export const SCHEMA = `
CREATE TABLE watch (
  project TEXT NOT NULL,
  job_id TEXT NOT NULL,
  caller TEXT NOT NULL,
  accepted_at REAL NOT NULL,
  due_at REAL,
  expires_at REAL NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (project, job_id, caller)
) STRICT;
CREATE INDEX watch_recent ON watch (project, accepted_at, job_id, caller);
CREATE INDEX watch_overdue ON watch (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE record (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  expires_at REAL,
  body TEXT NOT NULL,
  UNIQUE (kind, id)
) STRICT;

CREATE TABLE duration (
  project TEXT NOT NULL,
  job_type TEXT NOT NULL,
  day INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  count INTEGER NOT NULL,
  expires_at REAL NOT NULL,
  PRIMARY KEY (project, job_type, day, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
  id TEXT NOT NULL PRIMARY KEY,
  queue TEXT NOT NULL,
  body TEXT NOT NULL,
  attributes TEXT NOT NULL,
  sent_at REAL NOT NULL,
  visible_at REAL NOT NULL,
  receive_count INTEGER NOT NULL
) STRICT;
CREATE INDEX message_visible ON message (queue, visible_at);
`;
