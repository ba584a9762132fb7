import type { DiscoverJobsOfProject } from "../../../functions/discover/create-discover-handler.ts";
import { logAndCountSmnMessage } from "../../../functions/discover/create-smn-handler.ts";
import type { FetchFromSmn, SmnMessage } from "../../../lib/cce/smn.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { publishMetrics } from "../../../lib/runtime/metrics.ts";
import { createSelfSignedCertificate } from "../../../local/cce/self-signed-certificate.ts";
import { createCceTrace, SimulatedSmn } from "../../../local/cce/simulated-smn.ts";
import { authority, startTlsReceiver } from "../../lib/http/support/receiver.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { capturedLog } from "../captured-log.ts";
import { CONFIG, START, TOPIC } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

const SMN = "https://smn.eu-de.otc.t-systems.com";
const CONSOLE = "https://console.otc.t-systems.com";
const PATH = "/v1/events/smn/prod";

/** The certificate of all simulated SMNs. A new one for each test would take most of the time of this file. */
const CERTIFICATE = createSelfSignedCertificate("smn.simulator");

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type HarnessOptions = NonNullable<Parameters<typeof createHarness>[0]>;

/** Creates the API with a simulated SMN that has the hosts of Open Telekom Cloud. */
function createReceiver(
  options: Pick<HarnessOptions, "config" | "refreshedConfig" | "readConfig" | "ledger"> & {
    status?: number;
  } = {},
) {
  const { status: ownStatus, ...others } = options;
  const smn = new SimulatedSmn(() => api.clock.now, CERTIFICATE);
  const fetched: string[] = [];
  const lists: string[] = [];
  const limits: Parameters<DiscoverJobsOfProject>[3][] = [];
  const service: {
    list: "listed" | "not_due" | "failed";
    confirmStatus?: number;
    certificateStatus?: number;
    failure: Error | null;
  } = {
    list: "listed",
    failure: null,
  };
  const fetchFromSmn: FetchFromSmn = async (text) => {
    fetched.push(text);
    if (service.confirmStatus !== undefined && !text.endsWith(".pem"))
      return { status: service.confirmStatus, text: "" };
    const { status = 404, body = "" } = smn.respond(new URL(text)) ?? {};
    return {
      status: service.certificateStatus ?? ownStatus ?? status,
      text: typeof body === "string" ? body : JSON.stringify(body),
    };
  };
  const api = createHarness({
    ...others,
    fetchFromSmn,
    discover: async (project, _settings, trigger, given) => {
      lists.push(`${project} ${trigger}`);
      limits.push(given);
      if (service.failure !== null) throw service.failure;
      return service.list;
    },
  });
  const send = async (message: object, path = PATH) => {
    const { status, body = "" } = await api.ask("POST", path, { token: null, body: message });
    const { result, detail } = JSON.parse(body);
    return { status, text: String(result ?? detail) };
  };
  const trace = (changes: Partial<SmnMessage> = {}) =>
    smn.createMessage(SMN, TOPIC, { message: createCceTrace("createNode"), ...changes });
  const confirmation = (changes: Partial<SmnMessage> = {}) => {
    const { subscribe_url = "" } = smn.createMessage(CONSOLE, TOPIC, { type: "SubscriptionConfirmation" });
    return smn.createMessage(SMN, TOPIC, { type: "SubscriptionConfirmation", subscribe_url, ...changes });
  };
  return { api, smn, fetched, lists, limits, service, send, trace, confirmation };
}

describe("the event trigger", () => {
  it("lists the jobs of the project at a signed trace about CCE", async () => {
    const { send, trace, lists, api } = createReceiver();
    expect(await send(trace())).toEqual({ status: 200, text: "listed" });
    expect(lists).toEqual(["prod event"]);
    expect(api.logged).toEqual([["event", { project: "prod", type: "Notification", result: "listed" }]]);
    expect(api.notes.route).toBe("POST /v1/events/smn/{project}");
  });

  it("lists the jobs within three seconds and within the time of its invocation", async () => {
    const { send, trace, limits } = createReceiver();
    await send(trace());
    expect(limits).toMatchObject([{ listMs: 3000 }]);
    expect(limits[0]?.remainingMs()).toBe(29_000);
  });

  it("answers 400 to a body that is not JSON", async () => {
    const { api } = createReceiver();
    const { status, body = "" } = await api.ask("POST", PATH, { token: null, body: "{" });
    expect([status, JSON.parse(body).type]).toEqual([400, expect.stringContaining("malformed-json")]);
    expect(JSON.parse(body).detail).toContain("JSON");
  });

  it("reads the config again only if the config in memory does not name the topic", async () => {
    const configOf = (topics: string[]) => {
      const { prod, secret } = CONFIG.projects;
      const projects = { prod: { ...prod, discover: { notify: [], topics } }, secret };
      const parsed = parseWholeConfig({ ...CONFIG, projects });
      if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
      return parsed.config;
    };
    const configs = [configOf([`${TOPIC}-of-others`]), configOf([TOPIC])];
    let reads = 0;
    const { send, trace } = createReceiver({
      readConfig: async () => {
        reads += 1;
        const config = configs[Math.min(reads, 2) - 1];
        if (config === undefined) throw new Error("the config is missing");
        return config;
      },
    });
    expect(await send(trace())).toMatchObject({ status: 200 });
    expect(reads).toBe(2);
    expect(await send(trace())).toMatchObject({ status: 200 });
    expect(reads).toBe(3);
  });

  it("accepts a message of a topic that the operator added a moment ago", async () => {
    const { prod, secret } = CONFIG.projects;
    const projects = { prod: { ...prod, discover: { notify: [] } }, secret };
    const { send, trace } = createReceiver({ config: { ...CONFIG, projects }, refreshedConfig: CONFIG });
    expect(await send(trace())).toEqual({ status: 200, text: "listed" });
  });

  it("keeps the ID of a message for 15 minutes, and refuses a message that another instance has handled meanwhile", async () => {
    const kept: number[] = [];
    const { send, trace } = createReceiver({
      ledger: (memory) => ({
        hasSmnMessageId: async () => false,
        saveSmnMessageIdOnce: (id, expiresAt) => {
          kept.push(expiresAt);
          return memory.saveSmnMessageIdOnce(id, expiresAt);
        },
      }),
    });
    const message = trace();
    expect(await send(message)).toMatchObject({ status: 200 });
    expect(await send(message)).toMatchObject({ status: 403, text: expect.stringContaining("before") });
    expect(kept).toEqual([START + 900_000, START + 900_000]);
  });

  it("accepts a message of SMN with a subject and with a content type that is not JSON", async () => {
    const { api, trace } = createReceiver();
    const body = JSON.stringify(trace({ subject: "CTS" }));
    const headers = { "content-type": "text/plain; charset=UTF-8" };
    expect((await api.ask("POST", PATH, { token: null, body, headers })).status).toBe(200);
  });

  it("refuses a compressed body with 415, and names the fault of a header field with two lines", async () => {
    const { api, trace, lists } = createReceiver();
    const headers = { "content-encoding": "gzip" };
    const refused = await api.ask("POST", PATH, { token: null, body: trace(), headers });
    expect([refused.status, refused.body]).toEqual([415, expect.stringContaining("'content-encoding'")]);
    const invalid = await api.ask("POST", PATH, { token: null, body: trace({ subject: "a\nb" }) });
    expect([invalid.status, invalid.body]).toEqual([
      422,
      expect.stringContaining("must be one line of text"),
    ]);
    expect(lists).toEqual([]);
  });

  it("answers `requested` if the jobs were listed less than ten seconds ago", async () => {
    const { send, trace, service } = createReceiver();
    service.list = "not_due";
    expect(await send(trace())).toEqual({ status: 200, text: "requested" });
  });

  it.each(["not JSON", "{}", '{"service_type":"ECS"}', '["CCE"]', '{"service_type":5}'])(
    "ignores the signed message %s, which is no trace about CCE",
    async (message) => {
      const { send, trace, lists } = createReceiver();
      expect(await send(trace({ message }))).toEqual({ status: 200, text: "ignored" });
      expect(lists).toEqual([]);
    },
  );

  it("confirms the subscription to a configured topic once", async () => {
    const { send, confirmation, smn, lists } = createReceiver();
    const message = confirmation();
    expect(await send(message)).toEqual({ status: 200, text: "confirmed" });
    expect(await send(message)).toMatchObject({ status: 403 });
    expect(smn.confirmed).toEqual([TOPIC]);
    expect(lists).toEqual([]);
  });

  it("confirms a subscription after a failed confirmation if the same message arrives again", async () => {
    const { send, confirmation, smn, service } = createReceiver();
    const message = confirmation();
    service.confirmStatus = 500;
    expect(await send(message)).toMatchObject({ status: 503 });
    delete service.confirmStatus;
    expect(await send(message)).toEqual({ status: 200, text: "confirmed" });
    expect(await send(message)).toMatchObject({ status: 403, text: expect.stringContaining("before") });
    expect(smn.confirmed).toEqual([TOPIC]);
  });

  it("does nothing when a subscription ends", async () => {
    const { send, confirmation, smn, lists } = createReceiver();
    for (const message of ["", createCceTrace("createNode")])
      expect(await send(confirmation({ type: "UnsubscribeConfirmation", message }))).toEqual({
        status: 200,
        text: "ignored",
      });
    expect([smn.confirmed, lists]).toEqual([[], []]);
  });

  it("lists the jobs when the same message arrives again after a failed list", async () => {
    const { send, trace, lists, service } = createReceiver();
    const message = trace();
    service.failure = new Error("the ledger is down");
    await expect(send(message)).rejects.toThrow("the ledger is down");
    service.failure = null;
    expect(await send(message)).toEqual({ status: 200, text: "listed" });
    expect(lists).toHaveLength(2);
    expect((await send(message)).text).toContain("received the message before");
  });

  it("refuses a message that it has received before", async () => {
    const { send, trace, lists } = createReceiver();
    const message = trace();
    await send(message);
    expect(await send(message)).toEqual({
      status: 403,
      text: "The service has received the message before.",
    });
    expect(lists).toHaveLength(1);
  });

  it.each([-301, 301])("refuses a message whose time differs by %d s", async (seconds) => {
    const { send, trace, fetched, api } = createReceiver();
    const timestamp = new Date(START + seconds * 1000).toISOString();
    expect(await send(trace({ timestamp }))).toMatchObject({
      status: 403,
      text: expect.stringContaining("time"),
    });
    const report = { project: "prod", type: "Notification", result: "refused", reason: "timestamp" };
    expect(api.logged).toEqual([["event", report]]);
    expect(fetched).toEqual([]);
  });

  it.each([-300, 300])("accepts a message whose time differs by %d s", async (seconds) => {
    const { send, trace } = createReceiver();
    const timestamp = new Date(START + seconds * 1000).toISOString();
    expect(await send(trace({ timestamp }))).toMatchObject({ status: 200 });
  });

  it("answers a signed message of a topic that the config does not name as for a project that does not exist", async () => {
    const { send, smn, fetched, api } = createReceiver();
    const other = smn.createMessage(SMN, `${TOPIC}-of-others`, { message: createCceTrace("createNode") });
    const refused = await send(other);
    const absent = await send(other, "/v1/events/smn/absent");
    expect(refused).toEqual({ status: 404, text: absent.text.replace("absent", "prod") });
    expect(absent.status).toBe(404);
    expect(fetched).toEqual([]);
    const report = { project: "prod", type: "Notification", result: "refused", reason: "topic" };
    expect(api.logged).toEqual([["event", report]]);
  });

  it.each([
    "https://smn.eu-de.otc.t-systems.com.evil.example/a.pem",
    "https://evil.example/smn.eu-de.otc.t-systems.com/a.pem",
    "https://smn.eu-de.otc.t-systems.com@evil.example/a.pem",
    "https://user:secret@smn.eu-de.otc.t-systems.com/a.pem",
    "https://user@smn.eu-de.otc.t-systems.com/a.pem",
    "https://:secret@smn.eu-de.otc.t-systems.com/a.pem",
    "https://smn.eu-nl.otc.t-systems.com/a.pem",
    "https://smn.eu-de.myhuaweicloud.com/a.pem",
    "https://smn.eu-de.otc.t-systems.com:8443/a.pem",
    "http://smn.eu-de.otc.t-systems.com/a.pem",
    "file:///etc/passwd",
    "smn.eu-de.otc.t-systems.com/a.pem",
  ])("never fetches a certificate from %s", async (signing_cert_url) => {
    const { send, trace, fetched, lists } = createReceiver();
    expect(await send(trace({ signing_cert_url }))).toMatchObject({
      status: 403,
      text: expect.stringContaining("signing_cert_url"),
    });
    expect([fetched, lists]).toEqual([[], []]);
  });

  it.each([
    "https://evil.example/confirm",
    "https://console.otc.t-systems.com.evil.example/confirm",
    "https://console.huaweicloud.com/confirm",
    "https://169.254.169.254/latest/meta-data",
    "http://console.otc.t-systems.com/confirm",
    "",
  ])("never confirms a subscription at '%s', even if SMN has signed the address", async (subscribe_url) => {
    const { send, confirmation, fetched } = createReceiver();
    expect(await send(confirmation({ subscribe_url }))).toMatchObject({
      status: subscribe_url === "" ? 422 : 403,
      ...(subscribe_url !== "" && { text: expect.stringContaining("'subscribe_url'") }),
    });
    expect(fetched.filter((url) => !url.endsWith(".pem"))).toEqual([]);
  });

  it.each(["message", "message_id", "timestamp", "subject", "type"] as const)(
    "refuses a message whose field '%s' was changed after the signature",
    async (field) => {
      const { send, trace, lists } = createReceiver();
      const changed = {
        message: createCceTrace("deleteNode"),
        message_id: "other",
        timestamp: new Date(START + 1000).toISOString(),
        subject: "other",
        type: "UnsubscribeConfirmation",
      }[field];
      expect(await send({ ...trace(), [field]: changed })).toEqual({
        status: 403,
        text: "The signature of the message is not valid.",
      });
      expect(lists).toEqual([]);
    },
  );

  it("refuses fields with line breaks, because the signed text has no quotes", async () => {
    const { send, trace } = createReceiver();
    for (const field of ["subject", "message_id", "topic_urn"])
      expect(await send(trace({ [field]: `a\n${TOPIC}` }))).toMatchObject({ status: 422 });
  });

  it("answers 503 if SMN does not return the certificate, so that SMN sends the message again", async () => {
    const { send, trace, lists, api } = createReceiver({ status: 302 });
    const message = trace();
    expect(await send(message)).toMatchObject({
      status: 503,
      text: expect.stringContaining("SMN does not respond"),
    });
    expect(lists).toEqual([]);
    expect(api.logged).toMatchObject([["event", { result: "failed" }]]);
    expect(api.errors).toEqual([new Error("SMN responded with the HTTP status 302")]);
  });

  it("fetches a certificate once in an hour, and at most one certificate in a second", async () => {
    const { send, trace, fetched, api } = createReceiver();
    await send(trace());
    await send(trace());
    expect(fetched).toHaveLength(1);
    const other = `${SMN}/other.pem`;
    expect(await send(trace({ signing_cert_url: other }))).toMatchObject({ status: 503 });
    expect(fetched).toHaveLength(1);
    api.clock.now += 1000;
    await send(trace({ signing_cert_url: other }));
    expect(fetched).toHaveLength(2);
  });

  it("accepts 50 traces that arrive together at a new instance, with one request for the certificate", async () => {
    const { send, trace, fetched } = createReceiver();
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(trace())));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(fetched).toHaveLength(1);
  });

  it("asks again for a certificate a second after SMN did not return it", async () => {
    const { send, trace, fetched, api, service } = createReceiver();
    service.certificateStatus = 500;
    expect(await send(trace())).toMatchObject({ status: 503 });
    delete service.certificateStatus;
    api.clock.now += 1000;
    expect(await send(trace())).toMatchObject({ status: 200 });
    expect(fetched).toHaveLength(2);
  });

  it("lists the jobs of each project whose config names the topic, because the message has the same ID", async () => {
    const { prod } = CONFIG.projects;
    const { send, trace, lists } = createReceiver({
      config: { ...CONFIG, projects: { prod, secret: prod } },
    });
    const message = trace();
    for (const project of ["prod", "secret"])
      expect(await send(message, `/v1/events/smn/${project}`)).toEqual({ status: 200, text: "listed" });
    expect(lists).toEqual(["prod event", "secret event"]);
  });

  it.each(["absent", "secret", "constructor", "__proto__"])(
    "answers 404 for the project %s, which does not exist or has no topics",
    async (project) => {
      const { send, trace } = createReceiver();
      expect(await send(trace(), `/v1/events/smn/${project}`)).toMatchObject({
        status: 404,
        text: expect.stringContaining(`The project ${project} does not exist`),
      });
    },
  );

  it("answers 404 for a project with discovery and without topics", async () => {
    const { prod, secret } = CONFIG.projects;
    const config = { ...CONFIG, projects: { prod: { ...prod, discover: { notify: [] } }, secret } };
    const { send, trace } = createReceiver({ config });
    expect(await send(trace())).toMatchObject({ status: 404 });
  });

  it("gets the certificate with the egress rules of the config and the authorities of the project", async () => {
    const receiver = await startTlsReceiver((_, response) => response.end(), "receiver");
    stops.push(() => receiver.close());
    const smn = new SimulatedSmn(() => START, CERTIFICATE);
    const { prod, secret } = CONFIG.projects;
    const smnEndpoint = `https://127.0.0.1:${receiver.port}`;
    const discover = { ...prod.discover, smnEndpoint };
    const errorOf = async (project: object, allow: string[]) => {
      const projects = { prod: { ...prod, discover, ...project }, secret };
      const settings = { ...CONFIG.settings, egress: { allow } };
      const api = createHarness({ config: { ...CONFIG, projects, settings }, fetchFromSmn: null });
      const body = smn.createMessage(smnEndpoint, TOPIC, { message: createCceTrace("createNode") });
      expect((await api.ask("POST", PATH, { token: null, body })).status).toBe(503);
      return api.errors[0];
    };
    expect(await errorOf({}, [])).toMatchObject({ name: "EgressRefusedError" });
    const allow = ["127.0.0.1"];
    expect(await errorOf({}, allow)).toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    // The authority is known, so the certificate is refused for its host name only.
    expect(await errorOf({ ca: authority }, allow)).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(receiver.received).toEqual([]);
  });

  it("gets the certificate only at `smnEndpoint` if the config has one", async () => {
    const { prod, secret } = CONFIG.projects;
    const discover = { notify: [], topics: [TOPIC], smnEndpoint: "https://smn.private.example/" };
    const config = { ...CONFIG, projects: { prod: { ...prod, discover }, secret } };
    const { send, trace, fetched } = createReceiver({ config });
    expect(await send(trace())).toMatchObject({ status: 403 });
    const signing_cert_url = "https://smn.private.example/smn/SMN_simulator.pem";
    expect(await send(trace({ signing_cert_url }))).toEqual({ status: 200, text: "listed" });
    expect(fetched).toEqual([signing_cert_url]);
  });
});

test("a refused message is logged as a warning, and an accepted message as information", async () => {
  const event = { project: "prod", type: "Notification" } as const;
  const lines = await captured(() => {
    logAndCountSmnMessage({ ...event, result: "refused", reason: "signature" });
    logAndCountSmnMessage({ ...event, result: "listed" });
    publishMetrics();
  });
  expect(lines.filter((line) => "message" in line)).toMatchObject([
    { level: "WARN", message: "event", result: "refused" },
    { level: "INFO", message: "event", result: "listed" },
  ]);
});

test("a refused message is logged with the reason, and a failed message is counted", async () => {
  const event = { project: "prod", type: "Notification" } as const;
  const refused = await capturedLog(() =>
    logAndCountSmnMessage({ ...event, result: "refused", reason: "signature" }),
  );
  expect(refused.logged).toMatchObject([{ message: "event", project: "prod", reason: "signature" }]);
  expect(refused.metrics).toMatchObject({ Events: 1, result: "refused" });
  expect(refused.metrics).not.toHaveProperty("EventsFailed");
  const failed = await capturedLog(() =>
    logAndCountSmnMessage({ ...event, result: "failed", error: new Error("x") }),
  );
  expect(failed.logged).toMatchObject([{ message: "event failed", result: "failed" }]);
  expect(failed.metrics).toMatchObject({ EventsFailed: 1 });
});
