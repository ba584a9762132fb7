import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { APIGatewayProxyEventV2, Context, SQSEvent } from "aws-lambda";
import { createNotifyHandler } from "../../functions/notify/create-notify-handler.ts";
import { createPollHandler } from "../../functions/poll/create-poll-handler.ts";
import { authenticateAndLimitRequests } from "../../functions/shared/authenticate-and-limit-requests.ts";
import { ROUTES } from "../../lib/api/routes.ts";
import {
  createSignedJobListUrlOrNull,
  createSignedJobPageUrlOrNull,
  createSignedPageLinkOptions,
} from "../../lib/auth/link-keys.ts";
import { CONFIG_GROUPS, SINGLE_ENTRIES } from "../../lib/config/assemble-config.ts";
import type { WholeConfig } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import { parseWholeConfig } from "../../lib/config/parse-whole-config.ts";
import { createNotificationMessage, createPollMessage } from "../../lib/queue/messages.ts";
import { createHttpHandler } from "../../lib/runtime/answer-and-log-request.ts";
import { createSqsHandler } from "../../lib/runtime/sqs-handler.ts";
import { createCachedSsmConfigSource } from "../../lib/runtime/ssm-config.ts";
import { createCceTrace, SimulatedSmn } from "../../local/cce/simulated-smn.ts";
import { AwsError } from "../../local/servers/aws-error.ts";
import { startSsm } from "../../local/servers/ssm.ts";
import { captured } from "../lib/runtime/captured.ts";
import { createMemoryLedger } from "../simulation/memory-ledger.ts";
import { createMemoryQueue } from "../simulation/memory-queue.ts";
import { CONFIG, START, TOKENS, TOPIC } from "./http-config.ts";
import { createHarness } from "./http-harness.ts";

const PATH = "/cce-job-notifier/dev";
const OUTAGES = {
  down: new AwsError("InternalServerError", "", 500),
  throttled: new AwsError("ThrottlingException", "Rate exceeded"),
  denied: new AwsError("AccessDeniedException", "not authorized to perform ssm:GetParametersByPath"),
};

let folder: string;
let configFile: string;
let ssm: Awaited<ReturnType<typeof startSsm>>;
const clock = { now: START };
/** The error of each request to SSM. */
let outage: (request: number) => AwsError | null = () => null;
let requests = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outage-"));
  configFile = join(folder, "config.json");
  ssm = await startSsm({
    configFile,
    path: PATH,
    region: "eu-central-1",
    now: () => clock.now,
    fault: () => outage(++requests),
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "y",
  });
});
afterAll(async () => {
  await ssm.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await writeFile(configFile, JSON.stringify(CONFIG));
  clock.now += 60_000;
  outage = () => null;
  requests = 0;
});

const WHOLE = { parts: [...CONFIG_GROUPS, ...SINGLE_ENTRIES], parse: parseWholeConfig };

/** Creates the config source of a new instance. A wait of the config source only moves the test clock. */
function newInstance() {
  const waits: number[] = [];
  const configs = createCachedSsmConfigSource(PATH, WHOLE, {
    now: () => clock.now,
    random: () => 0.5,
    wait: async (ms) => {
      waits.push(ms);
      clock.now += ms;
    },
  });
  return { configs, waits };
}

const CONTEXT: Partial<Context> = { awsRequestId: "lambda-1", getRemainingTimeInMillis: () => 29_000 };

/** Returns a client of the HTTP functions of one instance. All responses pass through the Lambda handler. */
function callerOf(
  configs: ConfigSource<WholeConfig>,
  ledger?: NonNullable<Parameters<typeof createHarness>[0]>["ledger"],
) {
  const smn = new SimulatedSmn(() => harness.clock.now);
  const harness = createHarness({
    readConfig: () => configs.current(),
    fetchFromSmn: async (url) => {
      const { status = 404, body = "" } = smn.respond(new URL(url)) ?? {};
      return { status, text: String(body) };
    },
    ...(ledger && { ledger }),
  });
  const handler = createHttpHandler((request) => harness.send(request));
  return async (method: string, path: string) => {
    const body = method === "POST" ? { body: JSON.stringify(bodyOf(path, smn)) } : {};
    const event: Partial<APIGatewayProxyEventV2> = {
      routeKey: "$default",
      rawPath: path.replace(/\?.*/, ""),
      rawQueryString: path.startsWith("/jobs") ? `key=${path.split("key=")[1] ?? "x"}` : "",
      headers: { authorization: `Bearer ${TOKENS.all}`, "content-type": "application/json" },
      requestContext: { requestId: "api-1", http: { method } } as APIGatewayProxyEventV2["requestContext"],
      isBase64Encoded: false,
      ...body,
    };
    return handler(event as APIGatewayProxyEventV2, CONTEXT as Context);
  };
}

/** Returns a valid body for a path of the API. */
function bodyOf(path: string, smn: SimulatedSmn): object {
  if (path === ROUTES.acceptJobs.path) return { jobId: "job-1" };
  if (path.startsWith("/v1/events/smn/"))
    return smn.createMessage("https://smn.eu-de.otc.t-systems.com", TOPIC, {
      message: createCceTrace("createNode"),
    });
  return path.startsWith("/v1/targets/") && path.endsWith("/redeliver")
    ? { since: "2026-11-23T09:00:00Z" }
    : {};
}

describe("a stranger who sends requests with unknown tokens", () => {
  const REQUESTS = 3_000;
  const unknownToken = (i: number) => `Bearer ${"x".repeat(30)}${i}`;
  /** Sends the requests within one minute of the test clock, ten of them at the same time. */
  const attack = async (configs: ConfigSource<WholeConfig>) => {
    const { note, limitRequests } = { note: () => undefined, limitRequests: () => null };
    const identify = async () => ({ kind: "refused", refusal: null }) as const;
    const ports = { configs, identify, note, limitRequests };
    for (let i = 0; i < REQUESTS; i += 10) {
      const ten = Array.from({ length: 10 }, (_, j) =>
        authenticateAndLimitRequests(unknownToken(i + j), ports),
      );
      await Promise.allSettled(ten);
      clock.now += (60_000 * 10) / REQUESTS;
    }
  };

  it("does not make an instance with a config read a healthy SSM more often than every eight seconds", async () => {
    const { configs } = newInstance();
    await configs.current();
    const perRead = requests;
    requests = 0;
    await attack(configs);
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThanOrEqual(perRead * (60 / 8 + 1));
  });

  it.each(["throttled", "down", "denied"] as const)(
    "makes an instance with a config send at most 1 request a second to an SSM that is %s",
    async (kind) => {
      const { configs } = newInstance();
      await configs.current();
      requests = 0;
      outage = () => OUTAGES[kind];
      await attack(configs);
      expect(requests).toBeGreaterThan(0);
      expect(requests).toBeLessThanOrEqual(60);
    },
  );

  it.each(["throttled", "down", "denied"] as const)(
    "makes a new instance send at most 2 requests a second to an SSM that is %s",
    async (kind) => {
      const { configs } = newInstance();
      outage = () => OUTAGES[kind];
      const startedAt = clock.now;
      await attack(configs);
      expect(requests).toBeGreaterThan(0);
      expect(requests).toBeLessThanOrEqual((2 * (clock.now - startedAt)) / 1000);
    },
  );
});

/** The calls that need the config. All other calls get a response without the config. */
const CALLS = Object.entries(ROUTES)
  .filter(([operation]) => !["readOpenApi", "readDocs", "readHealth", "showStart"].includes(operation))
  .map(([operation, { method, path }]) => ({
    operation,
    method,
    path: path.replace("{project}", "prod").replace("{jobId}", "job-1").replace("{name}", "deploys"),
  }));

/** The operations that make their answer without the ledger. */
const WITHOUT_LEDGER = ["listTargets", "listProjects"];

describe.each(Object.entries(OUTAGES))("SSM is %s on a new instance", (_, error) => {
  it("answers every call with 503, Retry-After and a problem document", async () => {
    outage = () => error;
    const call = callerOf(newInstance().configs);
    const lines = await captured(async () => {
      for (const { operation, method, path } of CALLS) {
        const answer = await call(method, path);
        expect({ operation, ...answer }).toMatchObject({
          operation,
          statusCode: 503,
          headers: { "content-type": "application/problem+json", "retry-after": "5" },
        });
        expect(JSON.parse(answer.body ?? "")).toMatchObject({ status: 503, title: "Service unavailable" });
      }
    });
    expect(lines.filter(({ message }) => message === "config unreadable")).toHaveLength(1);
    expect(lines.filter((line) => "ConfigUnreadable" in line)).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toMatch(/ConfigInvalid|config invalid/);
  });

  it("returns every message of a batch to its queue, without a claim", async () => {
    outage = () => error;
    const { configs } = newInstance();
    const ledger = createMemoryLedger();
    const claims: string[] = [];
    const claim = (name: string) => async () => {
      claims.push(name);
      throw new Error("no claim is expected");
    };
    const queue = (name: string) => createMemoryQueue({ name, now: () => clock.now, visibilitySeconds: 180 });
    const queues = { notifyQueue: queue("notify"), deadLetterQueue: queue("dead") };
    const shared = {
      ...queues,
      configs,
      now: () => clock.now,
      random: () => 0,
      defaultUrl: "https://a.example",
    };
    const poll = createPollHandler({
      ...shared,
      ledger: { ...ledger, readDurationCounts: async () => [], claimPoll: claim("poll") },
      pollQueue: queue("poll"),
      createCce: () => {
        throw new Error("CCE is not asked");
      },
    });
    const notify = createNotifyHandler({
      ...shared,
      ledger: { ...ledger, claimNotification: claim("notification") },
      wait: claim("wait"),
      deliver: claim("delivery"),
    } as Parameters<typeof createNotifyHandler>[0]);
    const watch = { project: "prod", jobId: "job-1", caller: "token:all", deadlineAt: clock.now + 60_000 };
    const key = { project: "prod", jobId: "job-1", generation: 0, event: "job.failed", target: "deploys" };
    const messages = [
      [poll, createPollMessage({ ...watch, poll: 1 }, 0)],
      [() => notify, createNotificationMessage({ ...watch, generation: 0 }, key, "failed", 0)],
    ] as const;
    await captured(async () => {
      for (const [handle, { body }] of messages) {
        const answer = await createSqsHandler(handle)(batchOf(body), CONTEXT as Context);
        expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(["m-1", "m-2"]);
      }
    });
    expect(claims).toEqual([]);
    expect(queues.deadLetterQueue.receive(10)).toEqual([]);
  });
});

test("DynamoDB is down: every call that reads or writes the ledger answers 503 with Retry-After", async () => {
  const down = Object.assign(new Error("down"), {
    name: "InternalServerError",
    $metadata: { httpStatusCode: 500 },
  });
  const refused = new Set<string>();
  const call = callerOf(newInstance().configs, (ledger) =>
    Object.fromEntries(
      Object.keys(ledger).map((name) => [
        name,
        async () => {
          refused.add(name);
          throw down;
        },
      ]),
    ),
  );
  const parsed = parseWholeConfig(CONFIG);
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const links = createSignedPageLinkOptions(parsed.config, "https://default.example.com");
  const pages = new Map([
    [
      "showJob",
      createSignedJobPageUrlOrNull(
        links,
        { project: "prod", jobId: "job-1", caller: "token:all" },
        clock.now,
      ),
    ],
    ["showJobs", createSignedJobListUrlOrNull(links, "prod", clock.now)],
  ]);
  await captured(async () => {
    for (const { operation, method, path } of CALLS.filter(
      ({ operation }) => !WITHOUT_LEDGER.includes(operation),
    )) {
      refused.clear();
      const page = pages.get(operation);
      const answer = await call(method, page == null ? path : page.replace(links.publicUrl, ""));
      expect({ operation, refused: refused.size > 0, ...answer }).toMatchObject({
        operation,
        refused: true,
        statusCode: 503,
        headers: { "content-type": "application/problem+json", "retry-after": "5" },
      });
    }
  });
});

function batchOf(body: string): SQSEvent {
  return {
    Records: ["m-1", "m-2"].map((messageId) => ({
      messageId,
      receiptHandle: messageId,
      body,
      attributes: { ApproximateReceiveCount: "1" },
    })),
  } as unknown as SQSEvent;
}

test("a new instance repeats the read of the config during a call, and answers the call when SSM responds again", async () => {
  outage = (request) => (request <= 5 ? OUTAGES.throttled : null);
  const { configs, waits } = newInstance();
  const lines = await captured(async () => {
    expect(await callerOf(configs)("GET", "/v1/jobs")).toMatchObject({ statusCode: 200 });
  });
  expect(waits).toEqual([75, 150, 300, 600, 1200]);
  expect(JSON.stringify(lines)).not.toContain("config");
});

test("a new instance gives up after eight seconds, and asks SSM again only five seconds later", async () => {
  outage = () => OUTAGES.throttled;
  const { configs, waits } = newInstance();
  const call = callerOf(configs);
  await captured(async () => {
    const startedAt = clock.now;
    for (let i = 0; i < 10; i += 1) await call("GET", "/v1/jobs");
    expect(clock.now - startedAt).toBeLessThanOrEqual(8000);
    expect(requests).toBe(waits.length + 1);
    outage = () => null;
    clock.now += 4999;
    expect(await call("GET", "/v1/jobs")).toMatchObject({ statusCode: 503 });
    clock.now += 1;
    expect(await call("GET", "/v1/jobs")).toMatchObject({ statusCode: 200 });
  });
});

test("a request that AWS permanently refuses is not repeated", async () => {
  outage = () => OUTAGES.denied;
  const { configs, waits } = newInstance();
  await captured(() => callerOf(configs)("GET", "/v1/jobs"));
  expect({ requests, waits }).toEqual({ requests: 1, waits: [] });
});

test("an instance with a config answers during an outage of SSM, and logs that the config cannot be read", async () => {
  const call = callerOf(newInstance().configs);
  const lines = await captured(async () => {
    await call("GET", "/v1/jobs");
    outage = () => OUTAGES.down;
    clock.now += 5 * 60_000;
    expect(await call("GET", "/v1/jobs")).toMatchObject({ statusCode: 200 });
  });
  expect(lines).toContainEqual(expect.objectContaining({ message: "config unreadable", path: PATH }));
});

test("an invalid config is logged and counted as invalid, and calls of a new instance are answered with 503", async () => {
  await writeFile(configFile, JSON.stringify({ ...CONFIG, targets: {} }));
  const lines = await captured(async () => {
    const answer = await callerOf(newInstance().configs)("GET", "/v1/jobs");
    expect(answer).toMatchObject({ statusCode: 503, headers: { "retry-after": "5" } });
    expect(JSON.stringify(answer)).not.toContain("deploys");
  });
  expect(lines).toContainEqual(expect.objectContaining({ message: "config invalid" }));
  expect(lines).toContainEqual(expect.objectContaining({ ConfigInvalid: 1 }));
  expect(JSON.stringify(lines)).not.toMatch(/ConfigUnreadable|config unreadable/);
});
