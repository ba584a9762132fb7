import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { jest } from "@jest/globals";
import { runServerCommand } from "../../client/server-command.ts";
import { createSqliteQueue } from "../../server/queue/sqlite-queue.ts";
import { Store } from "../../server/store/store.ts";
import { inheritedEnvironment } from "../support/run-command.ts";

const COMMAND = fileURLToPath(new URL("../../client/bin.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "server-command-"));
const file = join(folder, "config.json");
const project = { projectId: "0bcc5e8f5a0010d22f1dc00ade5f4d7e", region: "eu-de" };
writeFileSync(
  file,
  JSON.stringify({
    projects: { prod: { ...project, auth: { kind: "token", token: { $env: "CCE_TOKEN" } } } },
    settings: { linkKeys: [randomBytes(32).toString("hex")] },
  }),
);

/** Runs the command and returns its exit status and its output. */
function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: unknown; text: string }>((resolve) => {
    const options = { env: { ...inheritedEnvironment(), ...env } };
    execFile(process.execPath, [COMMAND, ...argv], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, text: stdout + stderr }),
    );
  });
}

// Each command starts a process.
jest.setTimeout(60_000);

describe("the operators' commands on one node", () => {
  it("check a config file with its references, and name what does not resolve", async () => {
    const argv = ["config", "check", "--config", file, "--data", folder];
    const missing = await run(argv);
    expect(missing).toMatchObject({ code: 1, text: expect.stringContaining("CCE_TOKEN is not set") });
    expect((await run(argv, { CCE_TOKEN: "a-token-of-a-user" })).code).toBe(0);
  });

  it("create a token and a link", async () => {
    const token = await run(["token", "--config", file, "--name", "ci"]);
    expect(token).toMatchObject({ code: 0, text: expect.stringContaining("ccen_") });
    expect(token.text).not.toContain("aws ssm");
    const link = ["link", "--config", file, "--project", "prod", "--url", "http://127.0.0.1:8080"];
    expect((await run(link, { CCE_TOKEN: "t" })).text).toMatch(
      /^http:\/\/127.0.0.1:8080\/jobs\?project=prod&key=/,
    );
  });

  it("send dead letters of the data directory again", async () => {
    const argv = ["redrive", "--queue", "poll", "--config", file, "--data", join(folder, "data")];
    expect(await run(argv)).toEqual({ code: 0, text: "0 sent again, 0 obsolete, 0 kept.\n" });
  });

  it("check the data directory, its dead letters and its integrity", async () => {
    const config = join(folder, "empty-config.json");
    writeFileSync(config, "{}");
    const data = join(folder, "checked-data");
    const doctor = () => run(["doctor", "--config", config, "--data", data]);
    expect(await doctor()).toMatchObject({
      code: 1,
      text: expect.stringContaining("contains no notifier.sqlite"),
    });
    const store = Store.open(data, { exclusive: true });
    expect(await doctor()).toMatchObject({ text: expect.stringMatching(/ok .*checked-data: intact/) });
    await createSqliteQueue(store, { name: "pollDead", now: Date.now, visibilityMs: 1000 }).send([
      { id: "0", body: "{}", delaySeconds: 0 },
    ]);
    store.close();
    expect(await doctor()).toMatchObject({
      code: 1,
      text: expect.stringMatching(/FAULT +dead letters of poll: 1\n.*redrive --queue poll --data/),
    });
    writeFileSync(join(data, "notifier.sqlite"), "no database ".repeat(1000));
    expect(await doctor()).toMatchObject({ code: 1, text: expect.stringContaining("is damaged") });
  });

  it("end with status 2 for wrong usage", async () => {
    expect((await run(["serve", "--port", "99999"])).code).toBe(2);
    expect((await run(["backup"])).code).toBe(2);
    expect((await run(["redrive", "--data", folder])).code).toBe(2);
  });
});

test.each(["serve", "backup", "doctor", "token"])(
  "help %s prints the help of a command of the one-node edition",
  async (name) => {
    const ran = await run(["help", name]);
    expect([ran.code, (await run([name, "--help"])).text]).toEqual([0, ran.text]);
    expect(ran.text).toMatch(new RegExp(`(cce-notifier|npm run) ${name}`));
  },
);

test("a command of the one-node edition says which files it needs", async () => {
  const errors: string[] = [];
  const stderr = { write: (text: string) => errors.push(text) };
  const here = pathToFileURL(join(folder, "cce-notifier.mjs")).href;
  expect(await runServerCommand(["serve"], {}, stderr, here)).toBe(2);
  expect(errors.join("")).toBe(
    `cce-notifier: serve needs the folder 'one-node' of the one-node edition. It must be next to ${join(folder, "cce-notifier.mjs")}.\n`,
  );
});
