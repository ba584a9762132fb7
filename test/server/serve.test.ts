import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StatusDocument } from "../../lib/api/status-document.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { eventually } from "../support/eventually.ts";
import { createServerFixture, PROJECT_ID, type ServerFixture, startServer } from "./start-server.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

let receiver: Receiver;
let fixture: ServerFixture;
beforeAll(async () => {
  receiver = await startReceiver();
  const url = { $env: "HOOK_URL" };
  fixture = await createServerFixture(
    { audit: { kind: "webhook", url, secrets: [{ $file: "hook.secret" }] } },
    { egress: { allow: [new URL(receiver.url).host, "127.0.0.1"] } },
  );
  writeFileSync(`${fixture.dataDirectory}/hook.secret`, `${SECRET}\n`);
});
beforeEach(() => fixture.writeConfig({}));
afterAll(async () => {
  await receiver.stop();
  await fixture.cce.stop();
});

const start = (extra: readonly string[] = []) =>
  startServer({ ...fixture, arguments: extra, env: { HOOK_URL: `${receiver.url}/webhook/audit` } });

/** Sends a request without its body. Returns all that the server answers until it closes the connection. */
async function sendIncompleteRequest(api: string): Promise<{ readonly answer: Promise<string> }> {
  const { hostname, port } = new URL(api);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const answer = new Promise<string>((resolve) => {
    let received = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("error", () => undefined).on("close", () => resolve(received));
  });
  socket.write("POST /v1/jobs HTTP/1.1\r\nhost: service\r\ncontent-length: 10\r\n\r\n");
  return { answer };
}

const readText = async (url: string) => (await fetch(url)).text();

describe("cce-notifier serve", () => {
  it("follows a job to its notification, with secrets from the environment and from a file", async () => {
    const server = await start();
    const jobId = fixture.cce.addJob(PROJECT_ID, { type: "CreateCluster", endSeconds: 1, outcome: "Failed" });
    const body = JSON.stringify({ jobIds: [jobId], notify: ["audit"] });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const headers = { ...fixture.headers, traceparent };
    const accepted = await fetch(`${server.api}/v1/jobs`, { method: "POST", headers, body });
    expect(accepted.status).toBe(202);
    const arrived = await eventually("the notification", async () =>
      receiver.notifications.list("webhook").find((notification) => notification.body.includes(jobId)),
    );
    expect(JSON.parse(arrived.body)).toMatchObject({ type: "job.failed", data: { jobId } });
    expect(arrived.headers["webhook-signature"]).toMatch(/^v1,/);
    expect(arrived.headers.traceparent).toBe(traceparent);
    const metrics = await eventually("the metrics", async () => {
      const text = await readText(`${server.api}/metrics`);
      return text.includes("Attempts_total") && text;
    });
    expect(metrics).toMatch(/^Accepted_total 1$/m);
    expect(metrics).toMatch(/^PollLatenessSeconds_bucket\{le="\+Inf"\} [1-9]/m);
    expect(metrics).toMatch(/^QueueMessagesVisible\{queue="pollDead"\} 0$/m);
    expect(metrics.endsWith("# EOF\n")).toBe(true);
    expect(server.lines.join("\n")).not.toMatch(/\/webhook\/audit|whsec_/);
    const traced = server.lines.filter((line) => line.includes(traceparent)).map((line) => JSON.parse(line));
    const messages = new Set(traced.map(({ message }) => message));
    expect([...messages].sort()).toEqual(["accept", "access", "attempt", "concluded", "poll", "request"]);
    const ofJob = server.lines.filter((line) => line.includes(jobId));
    expect(ofJob.filter((line) => !line.includes(traceparent))).toEqual([]);
    expect(await server.end("SIGTERM")).toBe(0);
  });

  it("continues with the data of the previous process after SIGKILL", async () => {
    const first = await start();
    const jobId = fixture.cce.addJob(PROJECT_ID, {
      type: "CreateCluster",
      endSeconds: 2,
      outcome: "Success",
    });
    const body = JSON.stringify({ jobIds: [jobId], notify: ["audit"] });
    await fetch(`${first.api}/v1/jobs`, { method: "POST", headers: fixture.headers, body });
    expect(await first.end("SIGKILL")).toBeNull();
    const second = await start();
    const status = await eventually("the end of the job", async () => {
      const answer = await fetch(`${second.api}/v1/jobs/prod/${jobId}`, { headers: fixture.headers });
      const document = StatusDocument.parse(await answer.json());
      return document.done && document;
    });
    expect(status).toMatchObject({ state: "succeeded" });
    expect(await second.end("SIGTERM")).toBe(0);
  });

  it("sends the notifications of many jobs one after the other, because a crash repeats those that are not recorded", async () => {
    const ANSWER_MS = 100;
    let [open, mostOpen, answered] = [0, 0, 0];
    const target = createServer((request, response) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      request.resume();
      setTimeout(() => {
        [open, answered] = [open - 1, answered + 1];
        response.end();
      }, ANSWER_MS);
    });
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    const address = target.address();
    const port = typeof address === "object" ? address?.port : null;
    const slow = { kind: "webhook", url: `http://127.0.0.1:${port}/`, secrets: [SECRET] };
    fixture.writeConfig({ targets: { slow } });
    const server = await start();
    const script = { type: "CreateCluster", endSeconds: 0, outcome: "Success" } as const;
    const jobIds = Array.from({ length: 30 }, () => fixture.cce.addJob(PROJECT_ID, script));
    const body = JSON.stringify({ jobIds, notify: ["slow"] });
    const accepted = await fetch(`${server.api}/v1/jobs`, { method: "POST", headers: fixture.headers, body });
    expect(accepted.status).toBe(202);
    await eventually("all notifications", async () => answered === jobIds.length);
    const status = await server.end("SIGTERM");
    target.close();
    // On a busy machine, an answer can need more than 500 ms, and then another notification is sent.
    expect(mostOpen).toBeLessThanOrEqual(4);
    expect(status).toBe(0);
  });

  it("stops without waiting for targets that do not answer and for incomplete requests, and delivers the other notifications after the next start", async () => {
    let isAnswering = false;
    const arrived: string[] = [];
    const target = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      arrived.push(JSON.parse(Buffer.concat(chunks).toString()).data.jobId);
      if (isAnswering) response.end();
    });
    await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
    const address = target.address();
    const port = typeof address === "object" ? address?.port : null;
    fixture.writeConfig({
      targets: { hanging: { kind: "webhook", url: `http://127.0.0.1:${port}/`, secrets: [SECRET] } },
    });
    const first = await start();
    const script = { type: "CreateCluster", endSeconds: 0, outcome: "Success" } as const;
    const jobIds = Array.from({ length: 20 }, () => fixture.cce.addJob(PROJECT_ID, script));
    const body = JSON.stringify({ jobIds, notify: ["hanging"] });
    await fetch(`${first.api}/v1/jobs`, { method: "POST", headers: fixture.headers, body });
    await eventually("the first notification", async () => arrived.length > 0);
    const incomplete = await sendIncompleteRequest(first.api);
    const atSignal = arrived.length;
    const status = await first.end("SIGTERM");
    // The stop lasts 8 s. At most the attempts that started just before the signal arrive during the stop.
    expect(arrived.length - atSignal).toBeLessThan(4);
    target.closeAllConnections();
    isAnswering = true;
    const attempted = new Set(arrived);
    const waiting = jobIds.filter((jobId) => !attempted.has(jobId));
    const second = await start();
    await eventually("the other notifications", async () => waiting.every((id) => arrived.includes(id)));
    expect(await second.end("SIGTERM")).toBe(0);
    target.close();
    expect(status).toBe(0);
    // The rest of the request never arrives, so only the time limit of the stop ends the request.
    expect(await incomplete.answer).toBe("");
    expect(waiting.length).toBeGreaterThan(0);
  });

  it("reads the config again after SIGHUP, and keeps the last valid config if the config has errors", async () => {
    const server = await start();
    const readProjects = async () => {
      const answer = await fetch(`${server.api}/v1/projects`, { headers: fixture.headers });
      return { status: answer.status, text: await answer.text() };
    };
    fixture.writeConfig({ targets: { audit: { kind: "unknown" } } });
    server.child.kill("SIGHUP");
    await eventually("the fault in the log", async () =>
      server.lines.some((line) => line.includes("config invalid")),
    );
    expect((await readProjects()).status).toBe(200);
    expect(server.lines.filter((line) => line.includes("config read"))).toEqual([]);
    fixture.writeConfig({ tokens: {} });
    server.child.kill("SIGHUP");
    await eventually("the new config", async () => (await readProjects()).status === 401);
    const acts = server.lines.filter((line) => line.includes('"message":"act"'));
    expect(acts.map((line) => JSON.parse(line))).toMatchObject([
      { act: "token_remove", who: "operator", entry: "tokens/pipeline" },
    ]);
    expect(await server.end("SIGTERM")).toBe(0);
  });

  it("reads the config again if SIGHUP arrives during the start", async () => {
    const first = readFileSync(fixture.configFile);
    const configFile = join(fixture.dataDirectory, "pipe.json");
    execFileSync("mkfifo", [configFile]);
    const started = Promise.withResolvers<ChildProcess>();
    const starting = startServer({
      ...fixture,
      configFile,
      env: { HOOK_URL: `${receiver.url}/webhook/audit` },
      onStart: started.resolve,
    });
    // The pipe can be opened for writing as soon as the service reads its config.
    const pipe = await open(configFile, "w");
    (await started.promise).kill("SIGHUP");
    fixture.writeConfig({ tokens: {} });
    renameSync(fixture.configFile, configFile);
    await pipe.writeFile(first);
    await pipe.close();
    const server = await starting;
    await eventually("the second read", () => server.lines.some((line) => line.includes("config read")));
    expect((await fetch(`${server.api}/v1/projects`, { headers: fixture.headers })).status).toBe(401);
    expect(await server.end("SIGTERM")).toBe(0);
  });

  it("does not start with a guessable or short link key", async () => {
    for (const key of ["my-secret-for-the-links-of-prod-2026", "hunter2"]) {
      fixture.writeConfig({ settings: { linkKeys: [key] } });
      const error: unknown = await start().catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(/settings\.linkKeys\[0\]: .*openssl rand -hex 32 makes a good key/);
      expect(String(error)).not.toContain(key);
    }
  });

  it("reads a changed config file without a signal", async () => {
    const server = await start();
    const readStatus = async () =>
      (await fetch(`${server.api}/v1/projects`, { headers: fixture.headers })).status;
    expect(await readStatus()).toBe(200);
    fixture.writeConfig({ tokens: {} });
    await eventually("the new config", async () => (await readStatus()) === 401);
    expect(await server.end("SIGTERM")).toBe(0);
  });

  it("names the client of a trusted proxy in the access log, and no client that another address names", async () => {
    const readClient = async (trusted: string) => {
      const server = await start(["--trusted-proxy", trusted]);
      const headers = { ...fixture.headers, "x-forwarded-for": "203.0.113.9, 198.51.100.7" };
      await fetch(`${server.api}/v1/projects`, { headers });
      const line = await eventually("the access log", () =>
        server.lines.find((one) => one.includes('"message":"access"')),
      );
      expect(await server.end("SIGTERM")).toBe(0);
      return JSON.parse(line).client;
    };
    expect(await readClient("127.0.0.1")).toBe("198.51.100.7");
    expect(await readClient("127.0.0.0/8,198.51.100.0/24")).toBe("203.0.113.9");
    expect(await readClient("192.0.2.1")).toBe("127.0.0.1");
  });

  it("does not start with a trusted proxy that is a host name or has a port, because it would have no effect", async () => {
    for (const [proxy, list = proxy] of [
      ["proxy.local"],
      ["10.0.0.7:8080"],
      ["10.0.0.0/33"],
      ["", "10.0.0.7,"],
    ]) {
      const result = await start(["--trusted-proxy", String(list)]).then(
        (server) => server.end("SIGKILL"),
        (error: unknown) => String(error),
      );
      expect(result).toContain(`ended with 2: cce-notifier: --trusted-proxy: '${proxy}' is not an address`);
    }
  });

  it("answers /healthz and /readyz without a token, and refuses a second process on the same data", async () => {
    const server = await start();
    expect((await fetch(`${server.api}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${server.api}/readyz`)).json()).toMatchObject({ status: "ok" });
    await expect(start()).rejects.toThrow("Another process of the service uses the data directory");
    expect(await server.end("SIGTERM")).toBe(0);
  });

  it("answers a waiting request within the time of a stop", async () => {
    const server = await start();
    const jobId = fixture.cce.addJob(PROJECT_ID, {
      type: "CreateCluster",
      endSeconds: 300,
      outcome: "Success",
    });
    const { headers } = fixture;
    const body = JSON.stringify({ jobId, notify: [] });
    await fetch(`${server.api}/v1/jobs`, { method: "POST", headers, body });
    const waiting = fetch(`${server.api}/v1/jobs/prod/${jobId}?wait=25`, { headers });
    await eventually("the first poll", async () =>
      server.lines.some((line) => line.includes('"message":"poll"') && line.includes(jobId)),
    );
    expect(await server.end("SIGTERM")).toBe(0);
    expect((await waiting).status).toBe(503);
  });

  it("speaks HTTPS with a certificate", async () => {
    const tls = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
    const server = await start(["--tls-cert", tls("receiver.crt"), "--tls-key", tls("receiver.key")]);
    expect(server.api).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      const ca = readFileSync(tls("authority.crt"));
      const options = { ca, checkServerIdentity: () => undefined };
      request(`${server.api}/healthz`, options, ({ statusCode }) => resolve(statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    expect(await server.end("SIGTERM")).toBe(0);
  });
});
