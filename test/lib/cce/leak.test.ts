import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { jest } from "@jest/globals";
import type { Observation } from "../../../lib/job.ts";
import { BUDGET, clientOf, type Served, serve } from "./harness.ts";

const FIXED = "fixed-token+example/0123456789==";
const ISSUED = "MIIexample+issued/token0123456789==";
const KEYS = {
  accessKey: "ACCESSKEYEXAMPLE0123",
  secretKey: "secret/key+example0123456789",
  securityToken: "security+token/example==0123456789",
};
const PASSWORD = 'pass"word\\example é 0123';
/** A project's own secrets are known to it; another's can come only from a cloud that has them anyway. */
const SECRETS = { keys: Object.values(KEYS), user: [PASSWORD, ISSUED], fixed: [FIXED] };
type Kind = keyof typeof SECRETS;

const AUTHS = (iamEndpoint: string) => ({
  keys: { kind: "aksk", ...KEYS },
  user: { kind: "password", iamEndpoint, domain: "dom", user: "usr", password: PASSWORD },
  fixed: { kind: "token", token: FIXED },
});
const KINDS = ["keys", "user", "fixed"] as const satisfies readonly Kind[];

/** All that a server has been told, and all it could know, as careless servers print it. */
async function everything(request: IncomingMessage): Promise<string> {
  const sent = Object.entries(request.headers).map(([name, value]) => `${name}:${value}`);
  const canonical = [
    "GET",
    request.url,
    "",
    ...sent,
    "",
    Object.keys(request.headers).join(";"),
    "0".repeat(64),
  ];
  return [
    `received ${request.headers.authorization}`,
    ...known.flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret)]),
    await text(request),
    `canonicalRequest: ${canonical.join("\n")}`,
    `canonicalRequest:${canonical.join("|")}`,
  ].join(" ");
}

const spelt: readonly ((said: string) => string)[] = [
  (said) => JSON.stringify({ error_code: "APIGW.0301", error_msg: said, request_id: said }),
  (said) =>
    JSON.stringify({
      errorCode: said,
      errorMessage: said,
      message: said,
      error: { title: said, code: said },
    }),
  (said) => `<html>${said}</html>`,
];
const job = (said: string) =>
  JSON.stringify({
    kind: "Job",
    metadata: { uid: said },
    spec: {
      type: said,
      resourceName: said,
      subJobs: [{ kind: "Job", spec: { clusterUID: said }, status: { phase: said, reason: said } }],
    },
    status: { phase: "Failed", reason: said },
  });

/** Answers one thing to token requests and another to queries; without one, as a server in order would. */
function cloud(iam: Answering | null, cce: Answering): RequestListener {
  const grant: Answering = async (_, response) => {
    response.writeHead(201, { "x-subject-token": ISSUED });
    response.end(JSON.stringify({ token: { expires_at: new Date(Date.now() + 86_400_000).toISOString() } }));
  };
  return (request, response) => {
    if (request.url?.startsWith("/v3/")) void (iam ?? grant)(request, response);
    else {
      const [, signature] = /Signature=(\w+)/.exec(request.headers.authorization ?? "") ?? [];
      if (signature !== undefined) signatures.push(signature);
      void cce(request, response);
    }
  };
}
type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const answer =
  (status: number, spell: (said: string) => string): Answering =>
  async (request, response) => {
    const said = await everything(request);
    response.writeHead(status, { "x-said": encodeURIComponent(said).slice(0, 4000) }).end(spell(said));
  };
const PATHS: readonly (readonly [string, Answering])[] = [
  ...[301, 400, 401, 403, 404, 409, 429, 500, 502].flatMap((status) =>
    spelt.map((spell, form) => [`HTTP ${status}, form ${form}`, answer(status, spell)] as const),
  ),
  ["a job's reason", answer(200, job)],
  ["garbage", answer(200, (said) => said)],
  ["no HTTP", async (request) => void request.socket.end(`SSH ${await everything(request)}\r\n`)],
  [
    "a reset half-way",
    async (request, response) => {
      response.writeHead(200, { "content-length": "100000" }).write(await everything(request));
      request.socket.end();
    },
  ],
  ["silence", async () => {}],
];

/** What the server knows, beside what it is sent. */
let known: readonly string[] = [];
let signatures: string[] = [];
let printed: string[] = [];
let served: Served;
const rejected = (reason: unknown) => void printed.push(inspect(reason, { depth: null }));

beforeEach(() => {
  [signatures, printed] = [[], []];
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

/** Which secrets come out of a look and of a deepening at such a cloud: told, thrown or printed. */
async function leaksOf(kind: Kind, secrets: readonly string[], iam: Answering | null, cce: Answering) {
  known = secrets;
  served = await serve(cloud(iam, cce));
  const client = clientOf(served.url, AUTHS(served.url));
  const budget = { deadlineMs: 400 };
  const look = () => client.look({ project: kind, jobId: "j" }, budget);
  const seen = await look().catch((error: unknown) => ({ error }));
  const again = await look().catch((error: unknown) => ({ error }));
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
  return [...secrets, ...signatures, ...marks].filter((secret) => output.includes(secret));
}

describe("no credential, signature or canonical request comes out of a look", () => {
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
    for (const project of KINDS) seen.push(await client.look({ project, jobId: "j" }, BUDGET));
    expect(seen.map(({ kind }) => kind)).toEqual(Array(3).fill("unavailable"));
    expect(secretsIn(JSON.stringify(seen))).toEqual([]);
  });
});
