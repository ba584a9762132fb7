import type { RequestError } from "../../../lib/api/problem-response.ts";
import { locateInBody } from "../../../lib/api/request-errors.ts";
import { checkRightsAndResolveSubmission, hasUnknownName } from "../../../lib/api/resolve-submission.ts";
import type { Submission } from "../../../lib/api/submission.ts";
import type { Caller } from "../../../lib/auth/caller-rights.ts";
import { decrypt } from "../../../lib/auth/encryption.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const LINK_KEY = "7f3k9q2m5x8w1z4c6v0b3n7j5h2g8d1s";
const project = { projectId: "0bcc", region: "eu-de", auth: { kind: "token", token: "t" } };
const target = { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/X" };

function configWith(settings: object = {}) {
  const parsed = parseWholeConfig({
    projects: { prod: project, ready: { ...project, until: "ready", readyMinutes: 7 }, secret: project },
    targets: { deploys: target, audit: target, ops: target },
    settings: {
      defaultProject: "prod",
      defaultTargets: ["ops", "deploys", "audit"],
      callbackHosts: ["hooks.example.com", "router"],
      linkKeys: [LINK_KEY],
      ...settings,
    },
  });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join());
  return parsed.config;
}
const right = (part: object) => ({ projects: ["*"], targets: ["*"], operations: ["watch"], ...part });
const ALL = { name: "token:all", rights: [right({})] } as Caller;
const TEAM = { name: "token:team", rights: [right({ projects: ["prod"], targets: ["deploys"] })] } as Caller;

const resolve = (
  submission: Submission,
  { caller = ALL, settings = {}, errors = [] as RequestError[], locate = locateInBody } = {},
) =>
  checkRightsAndResolveSubmission(
    { kind: "submission", submission, errors, locate },
    caller,
    configWith(settings),
  );
function problemOf(...parameters: Parameters<typeof resolve>) {
  const result = resolve(...parameters);
  if (result.kind !== "problem") throw new Error("the submission was accepted");
  const { status, errors = [] } = result.problem;
  return [status, ...errors.map(({ pointer, parameter, detail }) => `${pointer ?? parameter}: ${detail}`)];
}

describe("a submission that the caller may make", () => {
  it("has default values for omitted fields, and each target once", () => {
    expect(resolve({ jobId: "j" })).toEqual({
      kind: "resolved",
      caller: "token:all",
      project: "prod",
      targets: ["audit", "deploys", "ops"],
      callbacks: {},
      deadlineMinutes: 120,
      readyMinutes: null,
      context: {},
      digest: false,
      jobIds: ["j"],
      operation: null,
    });
    expect(
      resolve({ jobIds: ["a", "../b", "a"], notify: ["ops", "audit", "ops"], digest: true }),
    ).toMatchObject({
      targets: ["audit", "ops"],
      jobIds: ["a", "../b", "a"],
      digest: true,
    });
    expect(resolve({ jobId: "j", notify: [], deadlineMinutes: 5, context: { actor: "kim" } })).toMatchObject({
      targets: [],
      deadlineMinutes: 5,
      context: { actor: "kim" },
    });
    expect(resolve({})).toMatchObject({ jobIds: [] });
  });

  it("notifies only the default targets that the caller may use", () => {
    expect(resolve({ jobId: "j" }, { caller: TEAM })).toMatchObject({ targets: ["deploys"] });
  });

  const awake = { kind: "awake", clusterId: "c" } as const;
  const upgrade = { kind: "cluster_upgrade", clusterId: "c", taskId: "t" } as const;
  const { taskId: _, ...resourceUpgrade } = upgrade;
  it.each<[Submission, number | null]>([
    [{ jobId: "j", until: "ready", readyMinutes: 3 }, 3],
    [{ jobId: "j", until: "ready" }, 15],
    [{ jobId: "j", until: "ready", readyMinutes: 1e-200 }, 1 / 60_000],
    [{ jobId: "j", readyMinutes: 3 }, null],
    [{ jobId: "j", project: "ready" }, 7],
    [{ jobId: "j", project: "ready", readyMinutes: 2 }, 2],
    [{ operation: awake, until: "ready" }, null],
    [{ operation: upgrade, until: "ready" }, 15],
    [{ operation: resourceUpgrade, until: "ready" }, null],
    [{ operation: { ...upgrade, kind: "cluster_precheck" as never }, until: "ready" }, null],
  ])("%j waits after the success for %s minutes", (submission, readyMinutes) => {
    expect(resolve(submission)).toMatchObject({ readyMinutes });
  });

  it("about an operation has the ID of the task or of the resource", () => {
    expect(resolve({ operation: awake })).toMatchObject({ operation: awake, jobIds: ["awake:c"] });
    expect(resolve({ operation: upgrade })).toMatchObject({ operation: upgrade, jobIds: ["t"] });
  });

  it("may have as many targets as the settings allow", () => {
    const notify = ["ops", "audit", "ops"];
    expect(resolve({ jobId: "j", notify }, { settings: { limits: { targetsPerWatch: 2 } } }).kind).toBe(
      "resolved",
    );
    expect(resolve({ jobId: "j", notify }, { settings: { limits: { targetsPerWatch: 0 } } }).kind).toBe(
      "resolved",
    );
    expect(problemOf({ jobId: "j", notify }, { settings: { limits: { targetsPerWatch: 1 } } })).toEqual([
      422,
      "#/notify: must have at most 1 targets (settings.limits.targetsPerWatch)",
    ]);
  });
});

describe("a submission without the rights", () => {
  const noRight = (position: string, kind: string, name: string) =>
    `${position}: the token has no right to the operation 'watch' for the ${kind} '${name}'`;

  it("is forbidden, and the response does not show which names exist", () => {
    expect(problemOf({ jobId: "j", project: "secret" }, { caller: TEAM })).toEqual([
      403,
      noRight("#/project", "project", "secret"),
    ]);
    expect(problemOf({ jobId: "j", project: "nowhere", notify: ["nobody"] }, { caller: TEAM })).toEqual([
      403,
      noRight("#/project", "project", "nowhere"),
      noRight("#/notify/0", "target", "nobody"),
    ]);
    expect(problemOf({ jobId: "j", notify: ["deploys", "audit"] }, { caller: TEAM })).toEqual([
      403,
      noRight("#/notify/1", "target", "audit"),
    ]);
  });

  it("needs all rights in one entry", () => {
    const rights = [
      right({ projects: ["prod"], targets: [] }),
      right({ projects: ["secret"], targets: ["ops"] }),
    ];
    const caller = { name: "token:split", rights } as Caller;
    expect(problemOf({ jobId: "j", notify: ["ops"] }, { caller })).toEqual([
      403,
      noRight("#/notify/0", "target", "ops"),
    ]);
    expect(resolve({ jobId: "j", project: "secret", notify: ["ops"] }, { caller }).kind).toBe("resolved");
    const reader = { name: "token:reader", rights: [right({ operations: ["read"] })] } as Caller;
    expect(problemOf({ jobId: "j" }, { caller: reader })[0]).toBe(403);
  });

  it("has the status 422 if the request also has other errors", () => {
    const errors = [{ pointer: "#/digest", detail: "must be a boolean" }];
    expect(problemOf({ jobId: "j", project: "secret" }, { caller: TEAM, errors })).toEqual([
      422,
      "#/digest: must be a boolean",
      noRight("#/project", "project", "secret"),
    ]);
  });
});

describe("a submission with unknown names", () => {
  it("is refused with the names that the caller may use", () => {
    expect(problemOf({ jobId: "j", project: "nowhere", notify: ["ops", "nobody"] })).toEqual([
      422,
      "#/project: unknown project 'nowhere'. Projects you may use: prod, ready, secret.",
      "#/notify/1: unknown target 'nobody'. Targets you may use: deploys, audit, ops.",
    ]);
  });

  it("needs a project if there is no default project", () => {
    expect(problemOf({ jobId: "j" }, { settings: { defaultProject: undefined } })).toEqual([
      422,
      "#/project: is missing. The operator has configured no default project, so a request must name a project.",
    ]);
  });

  it("has one error for each position, and one for each name in a query parameter", () => {
    const errors = [{ pointer: "#/project", detail: "is malformed" }];
    expect(problemOf({ jobId: "j", project: "nowhere" }, { errors })).toEqual([
      422,
      "#/project: is malformed",
    ]);
    const inQuery = {
      errors: [
        { parameter: "notify", detail: "entry 1 is malformed" },
        { parameter: "project", detail: "is malformed" },
      ],
      locate: ([name]: readonly PropertyKey[]) => ({ parameter: String(name) }),
    };
    expect(problemOf({ jobId: "j", project: "nowhere", notify: ["", "nobody"] }, inQuery)).toEqual([
      422,
      "notify: entry 1 is malformed",
      "project: is malformed",
      "notify: unknown target 'nobody'. Targets you may use: deploys, audit, ops.",
    ]);
  });

  it.each([
    [{}, false],
    [{ project: "prod", notify: ["ops", "?"] }, false],
    [{ project: "nowhere" }, true],
    [{ notify: ["ops", "nobody"] }, true],
    [{ project: "prod", notify: ["nobody"] }, true],
  ])("is found before the config is read again: %j, %s", (submission, expected) => {
    expect(hasUnknownName(submission, configWith())).toBe(expected);
  });
});

describe("a callback URL", () => {
  const callbackUrl = "https://hooks.example.com/done?key=1";

  it("becomes a target that contains the URL only encrypted, with one name for each caller and URL", () => {
    const callbacksOf = (url: string, caller = ALL) => {
      const result = resolve({ jobId: "j", notify: ["ops"], callbackUrl: url }, { caller });
      if (result.kind !== "resolved") throw new Error(JSON.stringify(result));
      expect(result.targets).toEqual([...Object.keys(result.callbacks), "ops"].sort());
      expect(JSON.stringify(result)).not.toContain("hooks.example.com");
      return Object.keys(result.callbacks);
    };
    const [name] = callbacksOf(callbackUrl);
    expect(name).toMatch(/^callback:[0-9a-f]{16}$/);
    expect(callbacksOf(callbackUrl)).toEqual([name]);
    expect(callbacksOf(callbackUrl.replace("hooks.", "HOOKS."))).toEqual([name]);
    expect(callbacksOf(`${callbackUrl}2`)).not.toEqual([name]);
    const other = { ...ALL, name: "token:other" };
    expect(callbacksOf(callbackUrl, other)).not.toEqual([name]);
  });

  it("is encrypted in its normalized form for its target", () => {
    const url = callbackUrl.replace("hooks.", "HOOKS.");
    const result = resolve({ jobId: "j", notify: [], callbackUrl: url });
    if (result.kind !== "resolved") throw new Error(JSON.stringify(result));
    const [[target = "", encrypted = ""] = []] = Object.entries(result.callbacks);
    expect(decrypt(encrypted, [new Secret(LINK_KEY)], target)?.reveal()).toBe(callbackUrl);
    expect(decrypt(encrypted, [new Secret(LINK_KEY)], "callback:0")).toBeNull();
  });

  it.each<[string, object, string]>([
    [callbackUrl, { linkKeys: [] }, "is not available. The operator has not configured settings.linkKeys"],
    [callbackUrl, { callbackHosts: [] }, "is not available. The operator has configured no hosts"],
    ["no URL", {}, "must be a URL"],
    ["https://other.example.com/", {}, "has a host that is not in settings.callbackHosts"],
    ["https://router/", {}, "can never be called: "],
  ])("%s is refused with the settings %j", (url, settings, detail) => {
    const [status, ...errors] = problemOf({ jobId: "j", callbackUrl: url }, { settings });
    expect([status, errors.length]).toEqual([422, 1]);
    expect(errors[0]).toMatch(`#/callbackUrl: ${detail}`);
  });
});
