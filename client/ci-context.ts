import type { Context } from "../lib/domain/context-and-labels.ts";
import { truncate } from "../lib/domain/truncate-text.ts";

/**
 * Returns the context of a pipeline run, read from the environment variables of the CI system. Sources: docs.github.com
 * "Variables reference", docs.gitlab.com "Predefined CI/CD variables reference", jenkins.io "Using environment
 * variables".
 */
export function readCiContext(env: Readonly<Record<string, string | undefined>>): Context {
  if (env.GITHUB_ACTIONS === "true")
    return contextOf({
      actor: env.GITHUB_ACTOR,
      pipeline: joinNames(env.GITHUB_REPOSITORY, env.GITHUB_WORKFLOW),
      runUrl: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`,
      commit: env.GITHUB_SHA,
    });
  if (env.GITLAB_CI === "true")
    return contextOf({
      actor: env.GITLAB_USER_LOGIN,
      pipeline: joinNames(env.CI_PROJECT_PATH, env.CI_JOB_NAME),
      runUrl: env.CI_JOB_URL,
      commit: env.CI_COMMIT_SHA,
    });
  if (env.JENKINS_URL !== undefined)
    return contextOf({ pipeline: env.JOB_NAME, runUrl: env.BUILD_URL, commit: env.GIT_COMMIT });
  return {};
}

const MAX_LENGTHS = { actor: 200, pipeline: 200, runUrl: 1000, commit: 100 } as const;

/** Truncates long names and removes an invalid URL, because the service would refuse the submission. */
function contextOf(values: { [Field in keyof typeof MAX_LENGTHS]?: string | undefined }): Context {
  const context: { -readonly [Field in keyof typeof MAX_LENGTHS]?: string } = {};
  for (const field of ["actor", "pipeline", "commit"] as const) {
    const text = values[field];
    if (text) context[field] = truncate(text, MAX_LENGTHS[field]);
  }
  const { runUrl } = values;
  if (runUrl && runUrl.length <= MAX_LENGTHS.runUrl && URL.canParse(runUrl)) context.runUrl = runUrl;
  return context;
}

function joinNames(...names: readonly (string | undefined)[]): string {
  return names.filter(Boolean).join(" · ");
}
