// Node.js loads this module before the service (--import). The module steps the clock of the process and fills the disk
// of the process, as the JSON file in DISTURBANCE_FILE says: {"clockMs": 3600000, "isDiskFull": true}.
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

const READ_EVERY_MS = 50;
/** SQLite cannot grow a database above this number of pages. One page is less than any database has. */
const MAX_PAGES = { full: 1, free: 1_000_000_000 };

let disturbance = { clockMs: 0, isDiskFull: false };
const read = () => {
  try {
    disturbance = JSON.parse(readFileSync(String(process.env.DISTURBANCE_FILE), "utf8"));
  } catch {
    // The file is being written. The next read gets the new content.
  }
};
read();
setInterval(read, READ_EVERY_MS).unref();

const realNow = Date.now;
Date.now = () => realNow() + disturbance.clockMs;

const exec = DatabaseSync.prototype.exec;
DatabaseSync.prototype.exec = function execute(sql) {
  if (sql === "BEGIN IMMEDIATE")
    this.prepare(`PRAGMA max_page_count = ${disturbance.isDiskFull ? MAX_PAGES.full : MAX_PAGES.free}`).get();
  return exec.call(this, sql);
};
