import type { Context } from "../lib/domain/context.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a CI's own variables tell about the run, so that a notification leads back to it.
 * Sources: docs.github.com "Variables reference"; docs.gitlab.com "Predefined CI/CD variables reference";
 * jenkins.io "Using environment variables".
 */
export function ciContext(env: Environment): Context {
  if (env.GITHUB_ACTIONS === "true")
    return given({
      actor: env.GITHUB_ACTOR,
      pipeline: joined(env.GITHUB_REPOSITORY, env.GITHUB_WORKFLOW),
      runUrl: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`,
      commit: env.GITHUB_SHA,
    });
  if (env.GITLAB_CI === "true")
    return given({
      actor: env.GITLAB_USER_LOGIN,
      pipeline: joined(env.CI_PROJECT_PATH, env.CI_JOB_NAME),
      runUrl: env.CI_JOB_URL,
      commit: env.CI_COMMIT_SHA,
    });
  if (env.JENKINS_URL !== undefined)
    return given({ pipeline: env.JOB_NAME, runUrl: env.BUILD_URL, commit: env.GIT_COMMIT });
  return {};
}

const LONGEST = { actor: 200, pipeline: 200, runUrl: 1000, commit: 100 } as const;

/** Only what is there and fits: a pipeline must not fail because its name is long. */
function given(found: { [Field in keyof typeof LONGEST]?: string | undefined }): Context {
  const context: { -readonly [Field in keyof typeof LONGEST]?: string } = {};
  for (const field of ["actor", "pipeline", "commit"] as const) {
    const text = found[field];
    if (text) context[field] = text.slice(0, LONGEST[field]);
  }
  const { runUrl } = found;
  if (runUrl && runUrl.length <= LONGEST.runUrl && URL.canParse(runUrl)) context.runUrl = runUrl;
  return context;
}

function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(" · ");
}
