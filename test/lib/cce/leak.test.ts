import { inspect } from "node:util";
import { jest } from "@jest/globals";
import type { Observation } from "../../../lib/domain/job.ts";
import { BUDGET, clientOf, type Served, serve } from "./harness.ts";
import {
  type Answering,
  AUTHS,
  answer,
  cloud,
  KINDS,
  type Kind,
  PASSWORD,
  PATHS,
  SECRETS,
  told,
} from "./leaky-cloud.ts";

let printed: string[] = [];
let served: Served;
const rejected = (reason: unknown) => void printed.push(inspect(reason, { depth: null }));

beforeEach(() => {
  printed = [];
  told.signatures = [];
  for (const method of ["log", "info", "warn", "error", "debug"] as const)
    jest.spyOn(console, method).mockImplementation((...said: unknown[]) => void printed.push(inspect(said)));
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, "write").mockImplementation((said) => printed.push(String(said)) > 0);
  process.on("unhandledRejection", rejected).on("warning", rejected);
});
afterEach(async () => {
  jest.restoreAllMocks();
  process.off("unhandledRejection", rejected).off("warning", rejected);
  await served.close();
});

/** Which secrets come out of a poll and of a deepening at such a cloud: told, thrown or printed. */
async function leaksOf(kind: Kind, secrets: readonly string[], iam: Answering | null, cce: Answering) {
  told.known = secrets;
  served = await serve(cloud(iam, cce));
  const client = clientOf(served.url, AUTHS(served.url));
  const budget = { deadlineMs: 400 };
  const poll = () => client.poll({ project: kind, jobId: "j" }, budget);
  const seen = await poll().catch((error: unknown) => ({ error }));
  const again = await poll().catch((error: unknown) => ({ error }));
  const deep = "job" in seen ? await client.deepen(kind, seen.job, budget) : null;
  const out = [seen, again, deep];
  return secretsIn(
    [JSON.stringify(out), inspect(out, { depth: null, maxStringLength: null }), ...printed].join("\n"),
  );
}

function secretsIn(output: string): string[] {
  const spellings = (secret: string) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
  const marks = ["x-sdk-date:", "host:127", "x-auth-token:"];
  const secrets = Object.values(SECRETS).flat().flatMap(spellings);
  return [...secrets, ...told.signatures, ...marks].filter((secret) => output.includes(secret));
}

describe("no credential, signature or canonical request comes out of a poll", () => {
  describe.each(KINDS)("with credentials of the kind %s", (kind) => {
    it.each(PATHS)("when CCE answers with %s", async (_, cce) => {
      expect(await leaksOf(kind, SECRETS[kind], null, cce)).toEqual([]);
    });
  });
  it.each(PATHS)("when IAM answers with %s", async (_, iam) => {
    const cce = answer(500, (said) => said);
    expect(await leaksOf("user", [PASSWORD], iam, cce)).toEqual([]);
  });
  it("when nothing listens at all", async () => {
    served = await serve(() => {});
    const client = clientOf("http://127.0.0.1:1", AUTHS("http://127.0.0.1:1"));
    const seen: Observation[] = [];
    for (const project of KINDS) seen.push(await client.poll({ project, jobId: "j" }, BUDGET));
    expect(seen.map(({ kind }) => kind)).toEqual(Array(3).fill("unavailable"));
    expect(secretsIn(JSON.stringify(seen))).toEqual([]);
  });
});
