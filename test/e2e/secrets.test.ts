import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { type EchoReceiver, startEchoReceiver } from "../support/echo-receiver.ts";
import { eventually } from "../support/eventually.ts";
import { encodingsOf, readableTexts } from "../support/readable-texts.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { failingJob } from "./outcome-jobs.ts";

/** A port that nobody listens on: the errors of connections that fail name where they went. */
const CLOSED = "http://127.0.0.1:9";
const hush = () => `hush${randomBytes(12).toString("hex")}`;
const whsec = () => `whsec_${randomBytes(32).toString("base64")}`;

const secrets: string[] = [];
const kept = (secret: string) => {
  secrets.push(secret);
  return secret;
};

let echoReceiver: EchoReceiver;
let fixture: ServiceFixture;
let answers: Record<string, string>;

beforeAll(async () => {
  echoReceiver = await startEchoReceiver();
  const host = new URL(echoReceiver.url).host;
  const url = (status: number) => `${echoReceiver.url}/${status}/${kept(hush())}?key=${kept(hush())}`;
  const webhook = (address: string) => ({
    kind: "webhook",
    url: address,
    secrets: [kept(whsec()), kept(whsec())],
  });
  fixture = await startServiceFixture({
    targets: {
      slack: { kind: "slack", url: url(400) },
      feishu: { kind: "feishu", url: url(400), secret: kept(hush()) },
      dingtalk: { kind: "dingtalk", url: url(400), secret: kept(hush()) },
      wecom: { kind: "wecom", url: url(200) },
      teams: { kind: "teams", url: url(404) },
      discord: { kind: "discord", url: url(401) },
      webhook: { ...webhook(url(500)), headers: { authorization: `Bearer ${kept(hush())}` } },
      moved: webhook(url(302)),
      refused: webhook(`${CLOSED}/${kept(hush())}`),
      forbidden: webhook(`http://127.0.0.2/${kept(hush())}`),
    },
    projects: {
      intruder: { kind: "aksk", accessKey: kept(hush()), secretKey: kept(hush()) },
      forgetful: { kind: "password", domain: "d", user: "u", password: kept(hush()) },
      stale: { kind: "token", token: kept(hush()) },
    },
    settings: {
      fallbackTarget: "slack",
      poll: { minDelaySeconds: 0, maxDelaySeconds: 1, accessErrorSeconds: 0 },
      retry: { scheduleSeconds: [0, 1] },
      egress: { allow: [host, new URL(CLOSED).host] },
      callbackHosts: [host],
      callbackSecrets: [kept(whsec())],
    },
  });
  secrets.push(...fixture.secrets);
  answers = await playEverything();
}, 90_000);
afterAll(async () => {
  await fixture?.stop();
  await echoReceiver.stop();
});

/** Lets everything go wrong that can, and answers all that the API said. */
async function playEverything(): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  const ask = async (name: string, asked: Promise<Response>) => {
    said[name] = await (await asked).text();
  };
  const notify = "slack feishu dingtalk wecom teams discord webhook moved refused forbidden".split(" ");
  const jobId = fixture.addJob(failingJob);
  const callbackUrl = `${echoReceiver.url}/500/${kept(hush())}`;
  const [job] = await fixture.submit({ jobId, notify, callbackUrl });
  const projects = ["intruder", "forgetful", "stale"];
  await Promise.all(projects.map((project) => fixture.submit({ jobId, project, notify: [] })));
  await Promise.all(
    projects.map((project) => ask(project, fixture.api(`/v1/jobs/${project}/${jobId}?wait=20`))),
  );
  await fixture.over(jobId);
  await fixture.stack.invoke("sweep", {});
  await Promise.all([
    ask("status", fixture.api(`/v1/jobs/${PROJECT}/${jobId}`)),
    ask("page", fetch(job?.pageUrl ?? "")),
    ask("wrong page", fetch(`${job?.pageUrl}x`)),
    ask(
      "wrong callback",
      fixture.api("/v1/jobs", { jobId, callbackUrl: `https://x.example/${kept(hush())}` }),
    ),
    ask(
      "wrong token",
      fetch(`${fixture.stack.api}/v1/jobs/a/b`, { headers: { authorization: kept(hush()) } }),
    ),
    ask("redelivery", fixture.api(`/v1/jobs/${PROJECT}/${jobId}/redeliver`, { targets: ["webhook"] })),
    ask("health", fixture.api("/v1/health")),
    ...notify.map((name) => ask(`test of ${name}`, fixture.api(`/v1/targets/${name}/test`, {}))),
  ]);
  await fixture.queues.empty("notify");
  await breakConfig();
  await ask("without a config", fixture.api(`/v1/jobs/${PROJECT}/${jobId}`));
  return said;
}

/** From now on no function that starts can read its config, which holds a secret in the wrong place. */
async function breakConfig(): Promise<void> {
  const { configFile } = fixture.stack;
  const config = JSON.parse(await readFile(configFile, "utf8"));
  await writeFile(configFile, JSON.stringify({ ...config, targets: { x: kept(hush()) } }));
  await fixture.stack.kill("api");
  await eventually("the fault to be logged", async () => {
    await fixture.api("/v1/jobs/a/b");
    return (await readFile(fixture.logFile, "utf8")).includes("config invalid");
  });
}

describe("secrets", () => {
  it("are in nothing that anybody can read: logs, terminal, ledger, dead letters, the API's answers", async () => {
    const traces = { ...(await readableTexts(fixture)), ...answers };
    expect(traces.logs).toContain('"message":"attempt"');
    expect(traces.ledger).toContain("callback:");
    expect(traces.notifyDead).toContain("dingtalk");
    expect(traces.status).toContain("<secret>");
    for (const [place, text] of Object.entries(traces))
      expect([place, encodingsOf(secrets).filter((secret) => text.includes(secret))]).toEqual([place, []]);
  });

  it("were all in play: every target was called or refused, and every project was turned away", () => {
    const status = JSON.parse(answers.status ?? "");
    const reasons = status.deliveries.map(
      ({ target, lastReason }: { target: string; lastReason: string }) =>
        `${target.split(":")[0]} ${lastReason}`,
    );
    expect(reasons.sort()).toEqual([
      "callback server_error",
      "dingtalk payload_refused",
      "discord target_gone",
      "feishu payload_refused",
      "forbidden egress_literal_address",
      "moved redirect_refused",
      "refused connection_failed",
      "slack payload_refused",
      "teams target_gone",
      "webhook server_error",
      "wecom unreadable_answer",
    ]);
    for (const project of ["intruder", "forgetful", "stale"])
      expect(JSON.parse(answers[project] ?? "")).toMatchObject({ state: "lost" });
    expect(answers["without a config"]).toContain("500");
  });
});
