import type { Observation } from "../domain/job.ts";
import { BODY_UNDECODABLE, decodeBody, isCompressed } from "../http/decode-body.ts";
import { parseHttpDate } from "../http/retry-after.ts";
import { sendHttpRequest } from "../http/send-http-request.ts";
import type { ListedJob, ListReply } from "./list-both-apis.ts";
import { createListScanner } from "./list-scanner.ts";
import { parseListedJob } from "./parse-job.ts";
import { type CceRequest, MAX_BODY_BYTES, type TextReply } from "./send-cce-request.ts";

/** The maximum size of a list. CCE documents no limit. A longer list is truncated. */
const MAX_LIST_BYTES = 128 * 1024 * 1024;

/**
 * Sends a request for a list of jobs and passes each job of the reply to `onJob`, as soon as the job has arrived. CCE
 * documents neither pages nor a maximum size of the list, so the reply is never in memory as a whole. A compressed reply
 * is an exception: the service asks for no compression, and reads at most 12 MiB of a compressed reply.
 * @param onJob gets each job without its subjobs. The list may contain a job several times, in any order.
 * @param observe interprets a reply that is not a list
 */
export async function sendListRequest(
  request: CceRequest,
  deadlineMs: number,
  onJob: (job: ListedJob) => void,
  observe: (reply: TextReply) => Observation,
): Promise<ListReply | Observation> {
  let isList = false;
  let listBytes = 0;
  const scanner = createListScanner((json) => {
    const job = parseListedJob(json);
    if (job !== null) onJob(job);
  });
  const add = (chunk: Buffer): boolean => {
    isList = scanner.add(chunk);
    return isList;
  };
  const result = await sendHttpRequest({
    ...request,
    deadlineMs,
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
  if (result.kind === "failed") return observe({ kind: "failed", code: result.code || "UNKNOWN" });
  const decoded = await decodeBody(result, MAX_BODY_BYTES);
  if (decoded === null) return observe({ kind: "failed", code: BODY_UNDECODABLE });
  if (result.status === 200 && add(Buffer.from(decoded.text)))
    return { kind: "list", isComplete: !decoded.isTruncated && scanner.isComplete(), date };
  return observe({ ...result, body: decoded.text, isTruncated: decoded.isTruncated });
}
