import * as z from "zod/mini";
import { Name } from "../domain/job.ts";
import { CallbackUrl, type Submission } from "./submission.ts";

/** What can still be looked up in a submission that has faults. */
export type ReadableSubmission = Pick<Submission, "jobId" | "jobIds" | "project" | "notify" | "callbackUrl">;

const Fields = z.record(z.string(), z.unknown());
const Text = z.string();
const Texts = z.array(Text);
const List = z.array(z.unknown());

/**
 * The names in a body whatever else is wrong with it, so that all faults are told at once. Each name in `notify`
 * keeps its place: one that is none is left as it stands, and what it is not is told by its fault of form.
 */
export function readableIn(json: unknown): ReadableSubmission {
  const { jobId, jobIds, project, notify, callbackUrl } = validated(Fields, json) ?? {};
  return {
    jobId: validated(Text, jobId),
    jobIds: validated(Texts, jobIds),
    project: validated(Name, project),
    notify: validated(List, notify)?.map((name) => (typeof name === "string" ? name : "")),
    callbackUrl: validated(CallbackUrl, callbackUrl),
  };
}

/** The value if it is valid, else undefined. */
function validated<T>(schema: z.ZodMiniType<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
