import type { CceClient } from "../../../lib/cce/client.ts";
import type { Config } from "../../../lib/config/config.ts";
import type { Observation } from "../../../lib/domain/job.ts";
import type { Finding } from "./finding.ts";

/** A job that no cloud has: asking for it changes nothing, and is answered only to those who may ask. */
const NO_JOB = "00000000-0000-0000-0000-000000000000";
const DEADLINE_MS = 10_000;

/** Asks each project's CCE for a job that does not exist: who is told so has signed in. */
export async function examineProjects(
  { projects }: Pick<Config, "projects">,
  cce: Pick<CceClient, "queryJob">,
): Promise<readonly Finding[]> {
  const names = Object.keys(projects);
  if (names.length === 0)
    return [
      {
        what: "projects",
        state: "warning",
        words: "there are none",
        remedy: "Add one below projects/: the API takes no job without.",
      },
    ];
  return Promise.all(
    names.map(async (project) =>
      toFinding(
        `project ${project}`,
        await cce.queryJob({ project, jobId: NO_JOB }, { timeLimitMs: DEADLINE_MS }),
      ),
    ),
  );
}

function toFinding(what: string, seen: Observation): Finding {
  switch (seen.kind) {
    case "job":
    case "gone":
      return { what, state: "ok", words: "CCE answers, and takes the credentials" };
    case "unauthorized":
      return {
        what,
        state: "fault",
        words: seen.text,
        remedy:
          "The credentials are wrong, expired, or of another cloud: make new ones and put them into its auth.",
      };
    case "forbidden":
      return {
        what,
        state: "fault",
        words: seen.text,
        remedy: "The user signs in and may not read jobs: grant it CCE ReadOnlyAccess in this project.",
      };
    case "misconfigured":
      return {
        what,
        state: "fault",
        words: seen.text,
        remedy: "Compare projectId, region and endpoint with the console's page of API credentials.",
      };
    case "throttled":
      return { what, state: "warning", words: seen.text, remedy: "Ask again in a minute." };
    case "unavailable":
      return {
        what,
        state: "fault",
        words: seen.text,
        remedy: "Is the endpoint right, and does the cloud's status page know of an outage?",
      };
    default:
      return seen satisfies never;
  }
}
