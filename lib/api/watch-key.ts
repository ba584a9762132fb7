import { type Caller, mayUse } from "../auth/caller.ts";
import { JobId, Name, type WatchKey } from "../domain/job.ts";
import type { Refusal } from "./problem.ts";
import { forbidden, noSuchName } from "./refusals.ts";
import { nameFaults } from "./request-errors.ts";

/**
 * The watch that a path names, if this caller may see its project. Judged by the caller's scope alone, before
 * anything is looked up: who may not see a project gets the same answer whether it exists or not.
 */
export function watchKeyFor(
  caller: Caller,
  params: Readonly<Record<string, string>>,
): { readonly kind: "key"; readonly key: WatchKey } | Refusal {
  const project = Name.safeParse(params.project);
  const jobId = JobId.safeParse(params.jobId);
  const faults = [...nameFaults("project", project), ...nameFaults("jobId", jobId)];
  if (!project.success) return noSuchName(faults);
  if (!mayUse(caller, "projects", project.data))
    return forbidden([{ parameter: "project", scope: "projects", name: project.data }]);
  if (!jobId.success) return noSuchName(faults);
  return { kind: "key", key: { project: project.data, jobId: jobId.data } };
}
