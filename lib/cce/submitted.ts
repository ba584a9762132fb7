import { JobId } from "../domain/job.ts";
import { type Fields, fieldsOf } from "./json-fields.ts";

const NAMES = ["jobID", "jobId", "jobid", "job_id"];

/**
 * Finds the job ID in CCE's reply to a create, delete or similar call: `status.jobID`, `jobid` at the top level,
 * or an annotation, in any of their spellings. Null when there is none that could be a job's ID.
 * Source: https://support.huaweicloud.com/intl/en-us/api-cce/cce_02_0236.html
 */
export function jobIdOfReply(body: unknown): string | null {
  const reply = fieldsOf(typeof body === "string" ? parseJson(body) : body);
  const metadata = fieldsOf(reply.metadata);
  const places = [fieldsOf(reply.status), reply, fieldsOf(metadata.annotations), metadata];
  for (const place of places) {
    for (const name of spellings(place)) {
      const id = JobId.safeParse(place[name]);
      if (id.success) return id.data;
    }
  }
  return null;
}

/** The documented spellings first, then any other mixture of cases. */
function spellings(place: Fields): string[] {
  const others = Object.keys(place).filter((name) => /^job_?id$/i.test(name) && !NAMES.includes(name));
  return [...NAMES, ...others];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
