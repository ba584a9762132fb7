import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { type EchoReceiver, startEchoReceiver } from "../support/echo-receiver.ts";
import { eventually } from "../support/eventually.ts";
import { encodingsOf, readableTexts } from "../support/readable-texts.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { failingJob } from "./outcome-jobs.ts";

/** The URL of a port without a server. Node's error about a failed connection contains the address. */
const CLOSED = "http://127.0.0.1:9";
const secretText = () => `secretText${randomBytes(12).toString("hex")}`;
const whsec = () => `whsec_${randomBytes(32).toString("base64")}`;

const secrets: string[] = [];
const remember = (secret: string) => {
  secrets.push(secret);
  return secret;
};

let echoReceiver: EchoReceiver;
let fixture: ServiceFixture;
let answers: Record<string, string>;

beforeAll(async () => {
  echoReceiver = await startEchoReceiver();
  const host = new URL(echoReceiver.url).host;
  const url = (status: number) =>
    `${echoReceiver.url}/${status}/${remember(secretText())}?key=${remember(secretText())}`;
  const webhook = (address: string) => ({
    kind: "webhook",
    url: address,
    secrets: [remember(whsec()), remember(whsec())],
  });
  fixture = await startServiceFixture({
    targets: {
      slack: { kind: "slack", url: url(400) },
      feishu: { kind: "feishu", url: url(400), secret: remember(secretText()) },
      dingtalk: { kind: "dingtalk", url: url(400), secret: remember(secretText()) },
      wecom: { kind: "wecom", url: url(200) },
      teams: { kind: "teams", url: url(404) },
      discord: { kind: "discord", url: url(401) },
      webhook: { ...webhook(url(500)), headers: { authorization: `Bearer ${remember(secretText())}` } },
      moved: webhook(url(302)),
      refused: webhook(`${CLOSED}/${remember(secretText())}`),
      forbidden: webhook(`http://127.0.0.2/${remember(secretText())}`),
    },
    projects: {
      intruder: { kind: "aksk", accessKey: remember(secretText()), secretKey: remember(secretText()) },
      forgetful: { kind: "password", domain: "d", user: "u", password: remember(secretText()) },
      stale: { kind: "token", token: remember(secretText()) },
    },
    settings: {
      fallbackTarget: "slack",
      poll: { minDelaySeconds: 0, maxDelaySeconds: 1, accessErrorSeconds: 0 },
      retry: { scheduleSeconds: [0, 1] },
      egress: { allow: [host, new URL(CLOSED).host] },
      callbackHosts: [host],
      callbackSecrets: [remember(whsec())],
    },
  });
  secrets.push(...fixture.secrets);
  answers = await causeErrors();
});
afterAll(async () => {
  await fixture?.stop();
  await echoReceiver.stop();
});

/** Causes every kind of error, and returns the API's responses. */
async function causeErrors(): Promise<Record<string, string>> {
  const responses: Record<string, string> = {};
  const record = async (name: string, response: Promise<Response>) => {
    responses[name] = await (await response).text();
  };
  const notify = "slack feishu dingtalk wecom teams discord webhook moved refused forbidden".split(" ");
  const jobId = fixture.addJob(failingJob);
  const callbackUrl = `${echoReceiver.url}/500/${remember(secretText())}`;
  const [job] = await fixture.submit({ jobId, notify, callbackUrl });
  const projects = ["intruder", "forgetful", "stale"];
  await Promise.all(projects.map((project) => fixture.submit({ jobId, project, notify: [] })));
  await Promise.all(
    // On a busy machine, one wait is too short for the end of the watch.
    projects.map((project) =>
      eventually(`the end of the watch in ${project}`, async () => {
        await record(project, fixture.api(`/v1/jobs/${project}/${jobId}?wait=20`));
        return !responses[project]?.includes('"state":"watching"');
      }),
    ),
  );
  await fixture.over(jobId);
  await fixture.stack.invoke("sweep", {});
  await Promise.all([
    record("status", fixture.api(`/v1/jobs/${PROJECT}/${jobId}`)),
    record("page", fetch(job?.pageUrl ?? "")),
    record("page with a wrong key", fetch(`${job?.pageUrl}x`)),
    record(
      "wrong callback",
      fixture.api("/v1/jobs", { jobId, callbackUrl: `https://x.example/${remember(secretText())}` }),
    ),
    record(
      "wrong token",
      fetch(`${fixture.stack.api}/v1/jobs/a/b`, { headers: { authorization: remember(secretText()) } }),
    ),
    record("redelivery", fixture.api(`/v1/jobs/${PROJECT}/${jobId}/redeliver`, { targets: ["webhook"] })),
    record("health", fixture.api("/v1/health")),
    ...notify.map((name) => record(`test of ${name}`, fixture.api(`/v1/targets/${name}/test`, {}))),
  ]);
  await fixture.queues.empty("notify");
  await breakConfig();
  await record("without a config", fixture.api(`/v1/jobs/${PROJECT}/${jobId}`));
  return responses;
}

/** Writes a config with a secret in a wrong field, so that a newly started function cannot read the config. */
async function breakConfig(): Promise<void> {
  const { configFile } = fixture.stack;
  const config = JSON.parse(await readFile(configFile, "utf8"));
  await writeFile(configFile, JSON.stringify({ ...config, targets: { x: remember(secretText()) } }));
  await fixture.stack.kill("api");
  await eventually("the fault to be logged", async () => {
    await fixture.api("/v1/jobs/a/b");
    return (await readFile(fixture.logFile, "utf8")).includes("config invalid");
  });
}

describe("secrets", () => {
  it("do not appear in logs, stderr, the ledger, dead letters and API responses", async () => {
    const texts = { ...(await readableTexts(fixture)), ...answers };
    expect(texts.logs).toContain('"message":"attempt"');
    expect(texts.ledger).toContain("callback:");
    expect(texts.notifyDead).toContain("dingtalk");
    expect(texts.status).toContain("<secret>");
    for (const [location, text] of Object.entries(texts))
      expect([location, encodingsOf(secrets).filter((secret) => text.includes(secret))]).toEqual([
        location,
        [],
      ]);
  });

  it("were all used, because every target got a delivery attempt and CCE refused every project", () => {
    const status = JSON.parse(answers.status ?? "");
    const reasons = status.deliveries.map(
      ({ target, lastReason }: { target: string; lastReason: string }) =>
        `${target.split(":")[0]} ${lastReason}`,
    );
    expect(reasons.sort()).toEqual([
      "callback server_error",
      "dingtalk unreadable_answer",
      "discord unreadable_answer",
      "feishu unreadable_answer",
      "forbidden egress_literal_address",
      "moved redirect_refused",
      "refused connection_failed",
      "slack unreadable_answer",
      "teams unreadable_answer",
      "webhook server_error",
      "wecom unreadable_answer",
    ]);
    for (const project of ["intruder", "forgetful", "stale"])
      expect(JSON.parse(answers[project] ?? "")).toMatchObject({ state: "lost" });
    expect(answers["without a config"]).toContain('"status":503');
  });
});
