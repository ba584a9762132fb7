import type { Observation } from "../domain/job.ts";
import {
  BODY_UNDECODABLE,
  decompressTruncateAndDecodeText,
  isCompressed,
} from "../http/decompress-and-decode-text.ts";
import { parseHttpDate } from "../http/retry-after.ts";
import { sendHttpRequest } from "../http/send-http-request.ts";
import type { ListedJob, ListReply } from "./autopilot.ts";
import { parseListedJob } from "./parse-job.ts";
import { type CceRequest, MAX_BODY_BYTES, type TextReplyOrFailure } from "./send-cce-request.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Before the list of jobs, the scanner ignores JSON white space and a byte order mark. */
const IGNORED_AT_START: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/** The nesting level of a job in the list. The fields `metadata`, `spec` and `status` of a job are one level deeper. */
const ENTRY_DEPTH = 2;
const FIELDS_DEPTH = 3;

/**
 * The maximum size of a job in the list. Deeply nested values of the job do not count, because the scanner replaces
 * them by null. The service ignores a larger job. Larger jobs are very unusual, because only the failure reason of a
 * listed job can be long.
 */
const MAX_ENTRY_BYTES = 64 * 1024;

const NULL = Buffer.from("null");

/** The maximum number of bytes that the service reads of a list of jobs. */
const MAX_LIST_BYTES = 128 * 1024 * 1024;

/**
 * Requests the list of jobs from CCE, and calls `onJob` with each job as soon as the job has arrived. The size of the
 * list has no documented maximum, so the function never keeps the whole list in memory. The function asks for an
 * uncompressed response. If CCE nevertheless sends a compressed response, the function reads at most 12 MiB.
 * @param onJob is called with each job, without its subjobs. The order of the jobs is random, and the list may contain
 * a job several times.
 * @param interpretOtherReply returns the observation for a response that is not a list
 */
export async function streamJobList(
  request: CceRequest,
  timeLimitMs: number,
  onJob: (job: ListedJob) => void,
  interpretOtherReply: (reply: TextReplyOrFailure) => Observation,
): Promise<ListReply | Observation> {
  let isList = false;
  let listBytes = 0;
  const scanner = createArrayScannerReplacingDeepValuesByNull((json) => {
    const job = parseListedJob(json);
    if (job !== null) onJob(job);
  });
  const add = (chunk: Buffer): boolean => {
    isList = scanner.add(chunk);
    return isList;
  };
  const result = await sendHttpRequest({
    ...request,
    timeLimitMs,
    maxBytes: MAX_BODY_BYTES,
    onChunk: (chunk, { status, headers }) => {
      if (status !== 200 || (!isList && isCompressed({ headers, body: chunk })) || !add(chunk))
        return "buffer";
      listBytes += chunk.length;
      return listBytes > MAX_LIST_BYTES ? "stop" : "used";
    },
  });
  const date = parseHttpDate(result.headers.date);
  const isAnswer = result.kind === "answer" && !result.isTruncated;
  if (isList) return { kind: "list", isComplete: isAnswer && scanner.isComplete(), date };
  if (result.kind === "failed")
    return interpretOtherReply({ kind: "failed", code: result.code || "UNKNOWN" });
  const decoded = await decompressTruncateAndDecodeText(result, MAX_BODY_BYTES);
  if (decoded === null) return interpretOtherReply({ kind: "failed", code: BODY_UNDECODABLE });
  const text = decoded.text.trim();
  // A Go server may send an empty list as `null`.
  if (result.status === 200 && text === "null") return { kind: "list", isComplete: true, date };
  if (result.status === 200 && text !== "" && add(Buffer.from(text)))
    return { kind: "list", isComplete: !decoded.isTruncated && scanner.isComplete(), date };
  return interpretOtherReply({ ...result, body: decoded.text, isTruncated: decoded.isTruncated });
}

/** Finds the objects in a JSON array while the chunks of the array arrive. */
interface ListScanner {
  /** Processes the next chunk of the array. If the bytes are not a JSON array, the result is false. */
  add(chunk: Buffer): boolean;
  /** Returns true after the end of the array. */
  isComplete(): boolean;
}

/**
 * Creates a scanner. The scanner calls `onEntry` with the JSON text of each object that has arrived completely. If
 * `metadata`, `spec` or `status` contain arrays or objects, the scanner replaces these values by null. The JSON text of
 * a job with thousands of subjobs thus becomes short. The scanner keeps only one object in memory.
 */
export function createArrayScannerReplacingDeepValuesByNull(onEntry: (json: string) => void): ListScanner {
  /** The number of brackets and braces that are open at the current position. `depth` is null before the array. */
  let depth: number | null = null;
  let isList = true;
  let inString = false;
  let isEscaped = false;
  let entry: Buffer[] = [];
  let entryBytes = 0;

  const keep = (bytes: Buffer): void => {
    entryBytes += bytes.length;
    // The code copies the bytes, because a slice would keep the whole chunk in memory.
    if (entryBytes <= MAX_ENTRY_BYTES) entry.push(Buffer.from(bytes));
  };
  const endEntry = (): void => {
    if (entryBytes <= MAX_ENTRY_BYTES) onEntry(Buffer.concat(entry).toString("utf8"));
    entry = [];
    entryBytes = 0;
  };

  /**
   * Processes the bytes of a chunk from the index `start` on. `from` is the index of the first byte that the function
   * still has to add to `entry`, or -1.
   */
  const scan = (chunk: Buffer, start: number): void => {
    let open = depth ?? 0;
    let from = open >= ENTRY_DEPTH && open <= FIELDS_DEPTH ? start : -1;
    for (let at = start; at < chunk.length && isList; at += 1) {
      const byte = chunk[at];
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
        open += 1;
        if (open === ENTRY_DEPTH) from = at;
        else if (open === FIELDS_DEPTH + 1) {
          keep(chunk.subarray(from, at));
          keep(NULL);
          from = -1;
        }
      } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
        open -= 1;
        if (open === FIELDS_DEPTH) from = at + 1;
        else if (open === ENTRY_DEPTH - 1) {
          keep(chunk.subarray(from, at + 1));
          endEntry();
          from = -1;
        } else if (open === 0) isList = false;
      }
    }
    if (from !== -1) keep(chunk.subarray(from));
    depth = open;
  };

  return {
    add(chunk) {
      if (depth !== null) {
        scan(chunk, 0);
        return true;
      }
      const start = chunk.findIndex((byte) => !IGNORED_AT_START.has(byte));
      if (start === -1) return isList;
      isList = isList && chunk[start] === OPENING_BRACKET;
      if (isList) scan(chunk, start);
      return depth !== null;
    },
    isComplete: () => depth === 0,
  };
}
