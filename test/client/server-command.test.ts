import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../client/option-values.ts";
import {
  isServerCommand,
  runServerCommand,
  toOperatorArguments,
  toServerHelp,
} from "../../client/server-command.ts";
import {
  SERVER_ARGUMENTS,
  SERVER_COMMAND_OPTIONS,
  type ServerCommandName,
} from "../../client/server-command-options.ts";
import { CALLER_OPERATIONS } from "../../lib/config/config.ts";
import { createSqliteQueue } from "../../server/queue/sqlite-queue.ts";
import { SERVE_USAGE } from "../../server/serve.ts";
import { Store } from "../../server/store/store.ts";
import { type ProgramHost, startProgramHost } from "../support/start-program-host.ts";

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

let host: ProgramHost;
beforeAll(() => {
  host = startProgramHost();
});
afterAll(() => host.stop());

/** Runs the command and returns its exit status and its output. */
async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await host.run("client/bin.mjs", argv, env);
  return { code, text: stdout + stderr };
}

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
    const data = join(folder, "data");
    Store.open(data, { exclusive: true }).close();
    const argv = ["redrive", "--queue", "poll", "--config", file, "--data", data];
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

  it.each([
    ["redrive --config", "--config needs a value"],
    ["redrive --config --queue poll --data d", "--config needs a value"],
    ["redrive --config= --queue poll --data d", "--config needs a value"],
    ["redrive --config a --config=b --queue poll --data d", "--config may be given only once"],
    ["config check --data a --data b", "--data may be given only once"],
    ["link --project a --project b", "--project may be given only once"],
    ["link --project=", "--project needs a value, and the given value is empty"],
    ["token --name", "Option '--name <value>' argument missing"],
    ["token --name a --target=", "--target needs a value, and the given value is empty"],
    ["doctor --nothing", "Unknown option '--nothing'"],
    ["serve --config c --data d --host=", "--host needs a value, and the given value is empty"],
    ["serve --config c --data d --port 1 --port 2", "--port may be given only once"],
    ["serve --config c --data d extra", "Unexpected argument 'extra'"],
    ["backup FILE --data a --data b", "--data may be given only once"],
    ["import FILE --data=", "--data needs a value, and the given value is empty"],
  ])("refuse wrong options: %s", async (line, expected) => {
    const ran = await run(line.split(" "));
    const [first] = ran.text.split("\n");
    expect([ran.code, first?.replace("cce-notifier: ", "")]).toEqual([2, expected]);
  });

  it("accept an option whose value follows an equals sign", async () => {
    const argv = ["config", "check", `--config=${file}`, `--data=${folder}`];
    expect((await run(argv, { CCE_TOKEN: "a-token-of-a-user" })).code).toBe(0);
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

test.each(Object.keys(SERVER_COMMAND_OPTIONS) as ServerCommandName[])(
  "the completion of the command %s knows exactly the options that its help explains, and the command accepts each",
  async (name) => {
    const { text } = await run([name, "--help"]);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
    const options = SERVER_COMMAND_OPTIONS[name];
    const form = new RegExp(`^  cce-notifier ${name} .*(\n      [[(-].*)*|^  --[a-z-]+`, "gm");
    const explained = (text.match(form) ?? []).flatMap((line) => line.match(/--[a-z-]+/g) ?? []);
    const known = Object.keys(options).filter((option) => option !== "help");
    expect([...new Set(explained)].sort()).toEqual(known.map((option) => `--${option}`).sort());
    const argument = SERVER_ARGUMENTS[name] ?? [];
    const positionals = argument === "file" ? [] : argument;
    const given = known.flatMap((option) =>
      options[option]?.value === undefined ? [`--${option}`] : [`--${option}`, join(folder, "none")],
    );
    expect((await run([name, ...positionals, ...given])).text).not.toMatch(/unknown option/i);
  },
);

test("the completion of the command token knows all operations", () => {
  expect(SERVER_COMMAND_OPTIONS.token.operation?.choices).toEqual(CALLER_OPERATIONS);
});

test("the completion of the command serve has the defaults of its help", () => {
  const help = SERVE_USAGE.replace(/\s+/g, " ");
  const defaults = Object.values(SERVER_COMMAND_OPTIONS.serve).flatMap(
    ({ text }) => /\(default: [^;)]+/.exec(text)?.[0] ?? [],
  );
  expect(defaults).toHaveLength(2);
  for (const text of defaults) expect(help).toContain(text);
});

test("a command of the one-node edition says which files it needs", async () => {
  const errors: string[] = [];
  const stderr = { write: (text: string) => errors.push(text) };
  const here = pathToFileURL(join(folder, "cce-notifier.mjs")).href;
  expect(await runServerCommand(["serve"], {}, stderr, here)).toBe(2);
  expect(errors.join("")).toBe(
    `cce-notifier: serve needs the folder 'one-node' of the one-node edition. It must be next to ${join(folder, "cce-notifier.mjs")}.\n`,
  );
});

describe("the built command next to the folder of the one-node edition", () => {
  const built = mkdtempSync(join(tmpdir(), "built-command-"));
  const here = pathToFileURL(join(built, "cce-notifier.mjs")).href;
  const { argv, exitCode, versions } = process;
  beforeAll(() => {
    mkdirSync(join(built, "one-node"));
    writeFileSync(
      join(built, "one-node", "main.mjs"),
      "export const runMain = async (argv, env) => (argv[1] === env.A ? 7 : 1);",
    );
    writeFileSync(join(built, "one-node", "token.mjs"), "process.exitCode = process.argv.length;");
    writeFileSync(join(built, "one-node", "link.mjs"), "");
  });
  afterEach(() => {
    process.argv = argv;
    process.exitCode = exitCode;
    Object.defineProperty(process, "versions", { value: versions, configurable: true });
  });
  const runBuilt = async (...parameters: readonly string[]) => {
    const errors: string[] = [];
    process.argv = ["node", "cce-notifier", ...parameters];
    const code = await runServerCommand(parameters, { A: "a" }, { write: (text) => errors.push(text) }, here);
    return { code, text: errors.join("") };
  };

  it.each([
    ["serve a", 7],
    ["serve b", 1],
    ["token --data d --name ci", 4],
    ["link --project prod", 0],
  ])("runs the program of '%s' and returns its exit status %i", async (line, code) => {
    expect(await runBuilt(...line.split(" "))).toEqual({ code, text: "" });
  });

  it("explains an option without a value", async () => {
    expect(await runBuilt("token", "--data")).toEqual({
      code: 2,
      text: "cce-notifier: --data needs a value\nFor help, run: cce-notifier help token\n",
    });
  });

  it("says which release of Node.js it needs", async () => {
    Object.defineProperty(process, "versions", { value: { node: "22.18.0" }, configurable: true });
    expect(await runBuilt("serve", "a")).toEqual({
      code: 2,
      text: "cce-notifier: serve needs Node.js 24 or newer. This is Node.js 22.18.0.\n",
    });
  });
});

describe("a wrong path or a wrong use on one node", () => {
  const data = join(folder, "used-data");
  const noKey = join(folder, "no-key.pem");
  beforeAll(() => {
    Store.open(data, { exclusive: true }).close();
    writeFileSync(noKey, "no key");
  });

  test.each([
    ["serve --config FOLDER/none.json --data DATA --port 0", 1, "the file FOLDER/none.json does not exist"],
    ["serve --config FOLDER --data DATA --port 0", 1, "the file FOLDER is a folder"],
    [
      "serve --config FILE --data FILE --port 0",
      1,
      "The data directory FILE cannot be created: FILE is not a folder",
    ],
    [
      "serve --config FILE --data DATA --tls-cert KEY --tls-key KEY",
      2,
      "--tls-cert needs a certificate in PEM",
    ],
    ["serve --config FILE --data DATA --tls-cert none --tls-key KEY", 2, "the file none does not exist"],
    ["export FOLDER/none/x --data DATA", 2, "the folder FOLDER/none does not exist"],
    ["import FOLDER/none --data FOLDER/new-data", 2, "the file FOLDER/none does not exist"],
    ["import FOLDER --data FOLDER/new-data", 1, "the file FOLDER is a folder"],
    ["redrive --queue poll --data FOLDER/none", 1, "the data directory FOLDER/none does not exist"],
    [
      "redrive --queue poll --data FILE",
      1,
      "The data directory FILE cannot be created: FILE is not a folder",
    ],
    ["config check --config FOLDER/none.json", 1, "the file does not exist"],
    ["config put --config FILE", 2, "Unknown option '--config'"],
    ["help config", 0, "cce-notifier config check --config FILE"],
    ["help link", 0, "cce-notifier link --project prod --config FILE"],
  ])("is explained without an error of Node.js: %s", async (line, code, expected) => {
    const names = { FOLDER: folder, DATA: data, FILE: file, KEY: noKey };
    const fill = (text: string) =>
      text.replace(
        /\b(FOLDER|DATA|FILE|KEY)\b/g,
        (name) => Object.entries(names).find(([key]) => key === name)?.[1] ?? name,
      );
    const argv = line.split(" ").map(fill);
    const ran = await run(argv, { CCE_TOKEN: "a-token-of-a-user" });
    const lines = ran.text.split("\n").filter((one) => !one.startsWith("{"));
    expect([ran.code, lines.join("\n")]).toEqual([
      code,
      expect.stringContaining(line.startsWith("help") ? expected : fill(expected)),
    ]);
    expect(lines.join("\n")).not.toMatch(/\b(E[A-Z]{4,}|ERR_|DECODER)|Error:/);
  });
});

describe("the arguments of an operator's command", () => {
  it.each([
    ["redrive", ["--config", "f", "--queue", "poll", "--data", "d"], ["--queue", "poll", "--data", "d"]],
    ["redrive", ["--data", "d", "--config=f"], ["--data", "d"]],
    ["doctor", ["--config", "f", "--data", "d"], ["--config", "f", "--data", "d"]],
    ["token", ["--data", "d", "--name", "ci", "--config", "f"], ["--name", "ci", "--config", "f"]],
    ["token", ["--data=-d", "--name", "ci"], ["--name", "ci"]],
    ["token", ["--database", "d"], ["--database", "d"]],
    ["link", [], []],
    ["config", ["check", "--config", "f", "--data", "d"], ["check", "f", "--for", "one-node"]],
    ["config", ["--config=f", "check"], ["check", "f", "--for", "one-node"]],
    ["config", ["check", "f"], ["check", "f"]],
    ["config", ["show", "--config", "f"], ["show", "--config", "f"]],
  ])("of %s %j are %j", (name, argv, expected) => {
    expect(toOperatorArguments(name, argv)).toEqual(expected);
  });

  it.each([
    ["token", ["--data"], "--data needs a value"],
    ["token", ["--data", ""], "--data needs a value"],
    ["token", ["--data="], "--data needs a value"],
    ["token", ["--data", "--name", "ci"], "--data needs a value"],
    ["redrive", ["--config", "-f"], "--config needs a value"],
    ["link", ["--data", "a", "--data=b"], "--data may be given only once"],
    ["config", ["check", "--config", "a", "--config", "b"], "--config may be given only once"],
  ])("of %s %j are refused: %s", (name, argv, message) => {
    expect(() => toOperatorArguments(name, argv)).toThrow(new UsageError(message));
  });
});

test("only the names of the one-node edition are its commands, and its commands print their own help", () => {
  expect(["serve", "backup", "token", "redrive"].map(isServerCommand)).toEqual([true, true, true, true]);
  expect(["watch", "constructor", "", undefined].map(isServerCommand)).toEqual([false, false, false, false]);
  expect(toServerHelp(["help", "serve"])).toEqual(["serve", "--help"]);
  for (const argv of [["help", "watch"], ["help"], ["serve", "token"], []])
    expect(toServerHelp(argv)).toEqual(argv);
});
