import { inspect } from "node:util";
import { jest } from "@jest/globals";
import { createCceClient } from "../../../lib/cce/client.ts";
import { Project } from "../../../lib/config/projects.ts";
import type { Observation } from "../../../lib/domain/job.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import { CLOCK, clientOf, LIMIT, LOOPBACK_ALLOWED, type Served, serve } from "./harness.ts";
import {
  type Answering,
  AUTHS,
  answer,
  cloud,
  KINDS,
  type Kind,
  PASSWORD,
  PATHS,
  received,
  SECRETS,
} from "./leaky-cloud.ts";

let printed: string[] = [];
let served: Served;
const rejected = (reason: unknown) => void printed.push(inspect(reason, { depth: null }));

beforeEach(() => {
  printed = [];
  received.signatures = [];
  for (const method of ["log", "info", "warn", "error", "debug"] as const)
    jest
      .spyOn(console, method)
      .mockImplementation((...values: unknown[]) => void printed.push(inspect(values)));
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  process.on("unhandledRejection", rejected).on("warning", rejected);
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.off("unhandledRejection", rejected).off("warning", rejected);
  await served.close();
});

/** Queries a job from a server that repeats secrets. Returns the secrets that the client returned, threw or printed. */
async function leaksOf(kind: Kind, secrets: readonly string[], iam: Answering | null, cce: Answering) {
  received.known = secrets;
  served = await serve(cloud(iam, cce));
  const client = clientOf(served.url, AUTHS(served.url));
  const limit = { timeLimitMs: 400 };
  const query = () => client.queryJob({ project: kind, jobId: "j" }, limit);
  const first = await query().catch((error: unknown) => ({ error }));
  const second = await query().catch((error: unknown) => ({ error }));
  const completed = "job" in first ? await client.queryMissingFailureReasons(kind, first.job, limit) : null;
  const out = [first, second, completed];
  return secretsIn(
    [JSON.stringify(out), inspect(out, { depth: null, maxStringLength: null }), ...printed].join("\n"),
  );
}

function secretsIn(output: string): string[] {
  const spellingsOf = (secret: string) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
  const marks = ["x-sdk-date:", "host:127", "x-auth-token:"];
  const secrets = Object.values(SECRETS).flat().flatMap(spellingsOf);
  return [...secrets, ...received.signatures, ...marks].filter((secret) => output.includes(secret));
}

describe("a poll returns, throws and prints no credential, signature or canonical request", () => {
  describe.each(KINDS)("with credentials of the kind %s", (kind) => {
    it.each(PATHS)("when CCE answers with %s", async (_, cce) => {
      expect(await leaksOf(kind, SECRETS[kind], null, cce)).toEqual([]);
    });
  });
  it.each(PATHS)("when IAM answers with %s", async (_, iam) => {
    const cce = answer(500, (text) => text);
    expect(await leaksOf("user", [PASSWORD], iam, cce)).toEqual([]);
  });
  it("when no server listens", async () => {
    served = await serve(() => {});
    const client = clientOf("http://127.0.0.1:1", AUTHS("http://127.0.0.1:1"));
    const observations: Observation[] = [];
    for (const project of KINDS) observations.push(await client.queryJob({ project, jobId: "j" }, LIMIT));
    expect(observations.map(({ kind }) => kind)).toEqual(Array(3).fill("unavailable"));
    expect(secretsIn(JSON.stringify(observations))).toEqual([]);
  });
});

test("a poll masks every secret of the config that the function has read, also of other projects and of targets", async () => {
  const others = ["secretOfAnotherProject", "https://hooks.example/services/secretOfATarget", "k".repeat(40)];
  served = await serve((_, response) =>
    response.writeHead(500).end(JSON.stringify({ message: `failed: ${others.join(" ")}` })),
  );
  const projectOf = (token: string) =>
    Project.parse({ projectId: "p", endpoint: served.url, auth: { kind: "token", token } });
  const [, url = "", linkKey = ""] = others;
  const config = {
    projects: { prod: projectOf("own-token-of-the-project"), other: projectOf(others[0] ?? "") },
    targets: { chat: { url: new Secret(url) } },
    settings: { ...LOOPBACK_ALLOWED.settings, linkKeys: [new Secret(linkKey)] },
  };
  const client = createCceClient({ config, ...CLOCK });
  expect(await client.queryJob({ project: "prod", jobId: "j" }, LIMIT)).toMatchObject({
    kind: "unavailable",
    text: expect.stringContaining("failed: <secret> <secret> <secret>"),
  });
});
