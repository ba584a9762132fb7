import type { NotifierClient } from "./client.ts";
import type { ServiceCommand } from "./command.ts";
import { suggestName } from "./suggest-name.ts";

const MAX_LISTED_NAMES = 20;

/**
 * The service has refused `command`. Returns one line for each project or target of the command that the caller may not
 * use. Each line also lists the projects or targets that the caller may use. If the service does not return the names
 * that the caller may use, the function returns no lines.
 */
export async function readUnusableNameLines(
  command: ServiceCommand,
  client: Pick<NotifierClient, "projects" | "targets">,
): Promise<readonly string[]> {
  const { projects, targets } = namesIn(command);
  const find = async (kind: "project" | "target", given: readonly string[]) => {
    if (given.length === 0) return [];
    const usable = await client[`${kind}s`]().catch(() => null);
    if (usable === null) return [];
    return given
      .filter((name) => !usable.includes(name))
      .map((name) => {
        const suggestion = suggestName(name, usable);
        const question = suggestion === null ? "" : ` Did you mean '${suggestion}'?`;
        return `unknown ${kind} '${name}'.${question} ${kind === "project" ? "Projects" : "Targets"} you may use: ${listNames(usable)}.`;
      });
  };
  return [...(await find("project", projects)), ...(await find("target", targets))];
}

function listNames(names: readonly string[]): string {
  const more = names.length - MAX_LISTED_NAMES;
  const shown = names.slice(0, MAX_LISTED_NAMES).join(", ") || "none";
  return more > 0 ? `${shown} and ${more} more` : shown;
}

interface Names {
  readonly projects: readonly string[];
  readonly targets: readonly string[];
}

function namesIn(command: ServiceCommand): Names {
  switch (command.kind) {
    case "watch": {
      const { project, notify = [] } = command.submission;
      return { projects: distinct([project, ...projectsOf(command.jobs)]), targets: distinct(notify) };
    }
    case "list":
      return {
        projects: command.query.flatMap(([name, value]) => (name === "project" ? [value] : [])),
        targets: [],
      };
    case "status":
    case "open":
    case "stop":
      return { projects: distinct(projectsOf(command.jobs)), targets: [] };
    case "redeliver":
      return { projects: distinct([command.job.project]), targets: distinct(command.targets ?? []) };
    case "redeliver_missed":
      return { projects: [], targets: [command.target] };
    case "test":
      return { projects: [], targets: distinct(command.targets) };
    default:
      return command satisfies never;
  }
}

const projectsOf = (jobs: readonly { readonly project: string | undefined }[]) =>
  jobs.map(({ project }) => project);

function distinct(names: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}
