import * as z from "zod/mini";
import type { Instant } from "../../lib/domain/job.ts";
import { OPERATION_KINDS } from "../../lib/domain/operation-kind.ts";
import { Count } from "../../lib/domain/zod-fields.ts";
import type {
  DigestLedger,
  DurationLedger,
  RateLimitLedger,
  SlowLedger,
  TargetLedger,
} from "../../lib/ledger/ledger.ts";
import { findFreeCallNumber, type WaitingCallLedger, type WaitingLimits } from "../../lib/ledger/ledger.ts";
import { ANY_TYPE } from "../../lib/schedule/duration-counts.ts";
import { appendDurationsAndDropOldest, NO_LATEST_DURATIONS } from "../../lib/schedule/latest-durations.ts";
import type { Store } from "../store/store.ts";
import { generationId, readRecord, updateRecord, writeRecord } from "./rows.ts";

/**
 * The state of a target or rate limit is deleted one week after the last use. The state of a target that is switched
 * off is never deleted.
 */
const RETENTION_MS = 7 * 24 * 3_600_000;

/**
 * How many API calls may wait for the end of a job at the same time, in total and per caller. The limits are high,
 * because a waiting call needs only a connection and a timer.
 */
export const WAITING_LIMITS: WaitingLimits = { total: 200, perCaller: 50 };

/** The ID of the record with all waiting API calls. */
const WAITING = "calls";

const NEW_TARGET = { offSince: null, goneSince: null, throttledUntil: 0, nextFreeAt: 0 };

const NOT_AN_OPERATION = `job_type NOT IN (${OPERATION_KINDS.map(() => "?").join(", ")})`;

const DurationRow = z.object({ day: z.int(), bucket: z.int(), count: Count });

/**
 * Returns the ledger operations for targets, rate limits, durations of jobs, digests, slow jobs and waiting API calls.
 */
export function createTargetAndDurationOperations(
  store: Store,
): TargetLedger & RateLimitLedger & DurationLedger & DigestLedger & SlowLedger & WaitingCallLedger {
  const read = (name: string) => readRecord(store, "target", name) ?? NEW_TARGET;
  /**
   * @param usedAt the time at which the target or rate limit was last used. The state of the target or rate limit is
   * stored for one more week.
   */
  const write = (name: string, changes: Partial<ReturnType<typeof read>>, usedAt: Instant): void => {
    const state = { ...read(name), ...changes };
    writeRecord(store, "target", name, state, state.offSince === null ? usedAt + RETENTION_MS : null);
  };
  return {
    readTargetState: (name) =>
      store.read(() => {
        const { offSince, goneSince, throttledUntil } = read(name);
        return { offSince, goneSince, throttledUntil };
      }),

    throttleTargetUntilAtLeast: (name, until) =>
      store.write(() => {
        if (until > read(name).throttledUntil) write(name, { throttledUntil: until }, until);
      }),

    getOrSetTargetGoneSince: (name, at) =>
      store.write(() => {
        const goneSince = read(name).goneSince ?? at;
        write(name, { goneSince }, at);
        return goneSince;
      }),

    clearTargetGone: (name) =>
      store.write(() => {
        const { goneSince } = read(name);
        if (goneSince !== null) write(name, { goneSince: null }, goneSince);
      }),

    switchTargetOff: (name, at) =>
      store.write(() => {
        if (read(name).offSince !== null) return false;
        write(name, { offSince: at }, at);
        return true;
      }),

    switchTargetOn: (name) =>
      store.write(() => {
        const { offSince, throttledUntil } = read(name);
        write(name, { offSince: null, goneSince: null }, Math.max(offSince ?? 0, throttledUntil));
      }),

    reserveRequestTime: (name, now, intervalMs) =>
      store.write(() => {
        const time = Math.max(now, read(name).nextFreeAt);
        write(name, { nextFreeAt: time + intervalMs }, time);
        return time;
      }),

    addDuration: ({ project, jobType, day, bucket, expiresAt }) =>
      store.write(() => {
        store.run(
          `INSERT INTO duration (project, job_type, day, bucket, count, expires_at) VALUES (?, ?, ?, ?, 1, ?)
           ON CONFLICT DO UPDATE SET count = count + 1, expires_at = max(expires_at, excluded.expires_at)`,
          project,
          jobType,
          day,
          bucket,
          expiresAt,
        );
      }),

    readDurationCounts: (project, jobType) =>
      store.read(() =>
        store
          .all(
            `SELECT day, bucket, sum(count) AS count FROM duration
             WHERE project = ? AND ${jobType === ANY_TYPE ? NOT_AN_OPERATION : "job_type = ?"}
             GROUP BY day, bucket ORDER BY day, bucket`,
            project,
            ...(jobType === ANY_TYPE ? OPERATION_KINDS : [jobType]),
          )
          .map((row) => DurationRow.parse(row)),
      ),

    getOrCreateSlowRecord: (key, summary, expiresAt) =>
      store.write(() => {
        const stored = readRecord(store, "slow", generationId(key));
        if (stored === null) writeRecord(store, "slow", generationId(key), summary, expiresAt);
        return stored ?? summary;
      }),

    readSlowRecord: (key) => store.read(() => readRecord(store, "slow", generationId(key))),

    readLatestDurations: (project, jobType) =>
      store.read(
        () => readRecord(store, "latestDurations", JSON.stringify([project, jobType])) ?? NO_LATEST_DURATIONS,
      ),

    addLatestDurations: (project, jobType, ended, expiresAt) =>
      store.write(() => {
        const id = JSON.stringify([project, jobType]);
        const known = readRecord(store, "latestDurations", id) ?? NO_LATEST_DURATIONS;
        writeRecord(store, "latestDurations", id, appendDurationsAndDropOldest(known, ended), expiresAt);
      }),

    createDigestIfAbsent: ({ digestId, caller, members, targets, expiresAt }) =>
      store.write(() => {
        if (readRecord(store, "digest", digestId) !== null) return;
        const running = members.map(({ project, jobId }) => ({ project, jobId }));
        const digest = { caller, members: [...members], targets: [...targets], running };
        writeRecord(store, "digest", digestId, digest, expiresAt);
      }),

    removeRunningMemberAndCountRemaining: (digestId, { project, jobId }) =>
      store.write(() => {
        const digest = readRecord(store, "digest", digestId);
        if (digest === null) return 0;
        const running = digest.running.filter((job) => job.project !== project || job.jobId !== jobId);
        updateRecord(store, "digest", digestId, { ...digest, running });
        return running.length;
      }),

    readDigest: (digestId) => store.read(() => readRecord(store, "digest", digestId)),

    addWaitingCallUnlessTooMany: (call, now, limits) =>
      store.write(() => {
        const calls = readRecord(store, "waiting", WAITING) ?? {};
        const number = findFreeCallNumber(calls, call.caller, now, limits);
        if (number !== null)
          writeRecord(
            store,
            "waiting",
            WAITING,
            { ...calls, [number]: { ...call } },
            call.until + RETENTION_MS,
          );
        return number;
      }),

    removeWaitingCall: (number, { caller, until }) =>
      store.write(() => {
        const { [number]: found, ...others } = readRecord(store, "waiting", WAITING) ?? {};
        if (found?.caller === caller && found.until === until)
          updateRecord(store, "waiting", WAITING, others);
      }),
  };
}
