import { readCiContext } from "../../client/ci-context.ts";

const GITHUB = {
  GITHUB_ACTIONS: "true",
  GITHUB_ACTOR: "jane",
  GITHUB_REPOSITORY: "org/infra",
  GITHUB_WORKFLOW: "deploy",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_RUN_ID: "7",
  GITHUB_SHA: "abc",
};
const GITLAB = {
  GITLAB_CI: "true",
  GITLAB_USER_LOGIN: "jane",
  CI_PROJECT_PATH: "org/infra",
  CI_JOB_NAME: "deploy",
  CI_JOB_URL: "https://gitlab.com/org/infra/-/jobs/7",
  CI_COMMIT_SHA: "abc",
};
const JENKINS = {
  JENKINS_URL: "https://ci.example.com/",
  JOB_NAME: "infra/deploy",
  BUILD_URL: "https://ci.example.com/job/7/",
  GIT_COMMIT: "abc",
};

test("the context of a run of GitHub Actions is read from its variables", () => {
  expect(readCiContext(GITHUB)).toEqual({
    actor: "jane",
    pipeline: "org/infra · deploy",
    runUrl: "https://github.com/org/infra/actions/runs/7",
    commit: "abc",
  });
});

test("the context of a job of GitLab is read from its variables", () => {
  expect(readCiContext(GITLAB)).toEqual({
    actor: "jane",
    pipeline: "org/infra · deploy",
    runUrl: "https://gitlab.com/org/infra/-/jobs/7",
    commit: "abc",
  });
});

test("the context of a build of Jenkins is read from its variables", () => {
  expect(readCiContext(JENKINS)).toEqual({
    pipeline: "infra/deploy",
    runUrl: "https://ci.example.com/job/7/",
    commit: "abc",
  });
});

test.each([{}, { ...GITHUB, GITHUB_ACTIONS: "false" }, { ...GITLAB, GITLAB_CI: "1" }, { JOB_NAME: "x" }])(
  "there is no context outside of a known CI system (%#)",
  (env) => {
    expect(readCiContext(env)).toEqual({});
  },
);

test("missing, empty and invalid variables are omitted", () => {
  expect(readCiContext({ GITHUB_ACTIONS: "true", GITHUB_ACTOR: "", GITHUB_WORKFLOW: "deploy" })).toEqual({
    pipeline: "deploy",
  });
  expect(readCiContext({ ...GITLAB, CI_JOB_NAME: "", CI_JOB_URL: "no url" })).toEqual({
    actor: "jane",
    pipeline: "org/infra",
    commit: "abc",
  });
  expect(readCiContext({ JENKINS_URL: "" })).toEqual({});
});

test("long names are truncated, and a long URL is omitted", () => {
  const context = readCiContext({
    ...GITLAB,
    GITLAB_USER_LOGIN: "a".repeat(201),
    CI_PROJECT_PATH: "p".repeat(201),
    CI_COMMIT_SHA: "c".repeat(101),
    CI_JOB_URL: "https://gitlab.com/".padEnd(1001, "x"),
  });
  expect(context).toEqual({
    actor: `${"a".repeat(199)}…`,
    pipeline: `${"p".repeat(199)}…`,
    commit: `${"c".repeat(99)}…`,
  });
  const runUrl = "https://gitlab.com/".padEnd(1000, "x");
  expect(readCiContext({ ...GITLAB, CI_JOB_URL: runUrl }).runUrl).toBe(runUrl);
});
