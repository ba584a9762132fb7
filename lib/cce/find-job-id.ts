import { JobId } from "../domain/job.ts";
import { type JsonObject, parseJson, toObjectOrEmpty } from "../domain/json.ts";
import { truncate } from "../domain/truncate-text.ts";
import { toCceError } from "./cce-error.ts";

const DOCUMENTED_NAMES = ["jobID", "jobId", "jobid", "job_id"];
const MAX_CODE_CHARACTERS = 64;
const MAX_MESSAGE_CHARACTERS = 200;

/**
 * Finds the job ID in the reply of CCE to a request that creates or deletes a resource, or to a similar request. The
 * parameter `reply` is JSON text or a parsed value. The job ID may be in `status`, at the top level of the reply or in
 * an annotation. The name of the field with the job ID may be in upper or lower case. Returns null if the reply has no
 * valid job ID.
 * Source: https://support.huaweicloud.com/intl/en-us/api-cce/cce_02_0236.html
 */
export function findJobId(reply: unknown): string | null {
  const body = toObjectOrEmpty(typeof reply === "string" ? parseJson(reply) : reply);
  const metadata = toObjectOrEmpty(body.metadata);
  for (const fields of [
    toObjectOrEmpty(body.status),
    body,
    toObjectOrEmpty(metadata.annotations),
    metadata,
  ]) {
    for (const name of jobIdNames(fields)) {
      const id = JobId.safeParse(fields[name]);
      if (id.success) return id.data;
    }
  }
  return null;
}

/**
 * Finds the order ID in the reply of CCE to a request for a prepaid (yearly or monthly) resource. CCE starts the job of a
 * prepaid resource only after the payment, so such a reply has an order ID in place of a job ID. Returns null if the
 * reply has no order ID.
 */
export function findOrderId(reply: unknown): string | null {
  const body = toObjectOrEmpty(reply);
  const [status, spec] = [toObjectOrEmpty(body.status), toObjectOrEmpty(body.spec)];
  const candidates = [status, body, toObjectOrEmpty(spec.extendParam), toObjectOrEmpty(body.metadata)];
  for (const fields of candidates)
    for (const [name, value] of Object.entries(fields))
      if (/^order_?id$/i.test(name) && typeof value === "string" && value.trim() !== "") return value.trim();
  return null;
}

/**
 * Returns the documented names of the field with the job ID. After them come other spellings of `jobId` in `fields`.
 */
function jobIdNames(fields: JsonObject): string[] {
  const others = Object.keys(fields).filter(
    (name) => /^job_?id$/i.test(name) && !DOCUMENTED_NAMES.includes(name),
  );
  return [...DOCUMENTED_NAMES, ...others];
}

/**
 * Describes the error in a parsed reply of CCE, the API gateway or IAM. Returns one line with the error code and the
 * message, for example `CCE.01400001, Invalid request`. Returns null if the reply has no error code.
 */
export function describeRefusal(reply: unknown): string | null {
  const { codes, message } = toCceError(reply);
  const [code] = codes.map((text) => text.replace(/\p{C}/gu, "").trim()).filter((text) => text !== "");
  if (code === undefined) return null;
  const shortCode = truncate(code, MAX_CODE_CHARACTERS);
  return message === null ? shortCode : `${shortCode}, ${truncate(message, MAX_MESSAGE_CHARACTERS)}`;
}
