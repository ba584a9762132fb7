import type { JobKey } from "../lib/domain/job.ts";
import type { NotifierClient } from "./client.ts";
import type { NamedJob } from "./command.ts";
import { ProblemError } from "./errors.ts";
import { UsageError } from "./option-values.ts";

type Client = Pick<NotifierClient, "projects" | "list">;

/**
 * Adds the default project to each job for which the user named no project.
 * @throws UsageError if the default project is unknown.
 */
export async function addDefaultProjects(
  jobs: readonly NamedJob[],
  client: Client,
): Promise<readonly JobKey[]> {
  const isComplete = jobs.every(({ project }) => project !== undefined);
  const defaultProject = isComplete ? "" : await findDefaultProject(client);
  return jobs.map(({ project = defaultProject, jobId }) => ({ project, jobId }));
}

/**
 * Returns the caller's only project. If the caller has several projects, the function returns the service's default
 * project. To find the default project, the function requests a job list without a project name. The service then lists
 * jobs of its default project.
 */
async function findDefaultProject(client: Client): Promise<string> {
  const projects = await client.projects();
  const [only] = projects;
  if (only !== undefined && projects.length === 1) return only;
  const jobs = await client.list([["limit", "1"]]).then(
    (page) => page.jobs,
    (error: unknown) => {
      // The service refuses the list of jobs if the caller may not use the default project.
      if (error instanceof ProblemError) return [];
      throw error;
    },
  );
  const [newest] = jobs;
  if (newest !== undefined) return newest.project;
  throw new UsageError(
    `the project is missing: use --project, NOTIFIER_PROJECT or PROJECT/JOB_ID. Projects you may use: ${projects.join(", ") || "none"}.`,
  );
}
