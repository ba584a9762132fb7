// Plays a person who tries the service for the first time, in terminals of several widths.
import { createServer } from "node:http";
import { eventually } from "../support/eventually.ts";
import { runCommand } from "../support/run-command.ts";
import { CTRL_C, startInTerminal, type TerminalProgram } from "../support/terminal.ts";

const COLOUR = /\u001b\[(1|3\d)m/;

let programs: TerminalProgram[] = [];
afterEach(() => {
  for (const program of programs) program.kill();
  programs = [];
});

function startDemo(columns: number, env: Readonly<Record<string, string>>): TerminalProgram {
  const program = startInTerminal(["local/start.ts"], { columns, env });
  programs.push(program);
  return program;
}

const run = (line: string) => runCommand("bash", ["--norc", "-c", line]);

test("npm start leads from the demo to a job of one's own, and Ctrl-C stops it", async () => {
  const demo = startDemo(300, { PORT: "0" });
  await demo.shows("Ctrl-C stops it.");
  expect(demo.written()).toContain("Packaging the service, ");
  expect(demo.written()).toMatch(COLOUR);
  const text = demo.lines().join("\n");
  expect(text).toContain("The demo is complete: all notifications have arrived.");
  for (const title of [
    "✔ ████████ CreateCluster demo-cluster ",
    "✖ ████████ ScaleupCluster demo-cluster ",
    "⏱ ",
  ])
    expect(text).toContain(title);

  for (const [name, expected] of [
    ["notifications", "<title>"],
    ["list of jobs", "ScaleupCluster"],
    ["API reference", "POST /v1/jobs"],
  ]) {
    const url = new RegExp(`  ${name} +(http\\S+)`).exec(text)?.[1] ?? "no URL";
    const page = await fetch(url);
    expect([name, page.status, (await page.text()).includes(expected ?? "")]).toEqual([name, 200, true]);
  }

  const [call = ""] = / {2}curl [\s\S]*?'\n(?=\n)/.exec(text) ?? [];
  const accepted = await run(call);
  expect([accepted.code, JSON.parse(accepted.stdout)]).toMatchObject([0, { jobs: [{ status: "accepted" }] }]);
  await demo.shows(/❌ Failed: ScaleupNodePool demo-pool/);
  await demo.shows("30 subjobs of type CreateNodeVM failed");

  const job = await runCommand(process.execPath, ["local/demo-job.ts", "fail"]);
  expect([job.code, job.stderr]).toEqual([0, ""]);
  const again = await run(/ {2}curl [\s\S]*?'\n/.exec(job.stdout)?.[0] ?? "");
  expect(JSON.parse(again.stdout)).toMatchObject({ jobs: [{ status: "already_watching" }] });
  const jobId = /runs the job (\S+)\./.exec(job.stdout)?.[1] ?? "no job";
  await demo.shows(new RegExp(`Job ${jobId}`));

  const started = await Promise.all(
    ["succeed", "hang", "30-nodes"].map((kind) => runCommand(process.execPath, ["local/demo-job.ts", kind])),
  );
  const pages = started.map(({ code, stdout, stderr }) => {
    expect([code, stderr]).toEqual([0, ""]);
    return /^Its page: (http\S+)$/m.exec(stdout)?.[1] ?? "no page";
  });
  const titles = ["Succeeded · CreateCluster", "Timed out · CreateNode", "Failed · ScaleupNodePool"];
  for (const [i, title] of titles.entries())
    await eventually(`a page with the title ${title}`, async () =>
      (await (await fetch(pages[i] ?? "")).text()).includes(title),
    );

  demo.type(CTRL_C);
  expect(await demo.ended).toEqual({ exitCode: 0, signal: 0 });
  const after = await runCommand(process.execPath, ["local/demo-job.ts", "fail"]);
  expect([after.code, after.stderr]).toEqual([1, "No demo runs. Start it in another terminal: npm start\n"]);
});

test.each([40, 80])(
  "in a terminal with %i columns and NO_COLOR, on a port that is in use, only URLs of notifications and no lines of jobs are wrapped",
  async (columns) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const demo = startDemo(columns, { PORT: String(port), NO_COLOR: "1" });
    await demo.shows(`Port ${port} is in use`);
    await demo.shows("✔ ████████ CreateCluster demo-cluster");
    await demo.shows("│ Status:");
    demo.type(CTRL_C);
    expect(await demo.ended).toEqual({ exitCode: 0, signal: 0 });
    server.close();
    expect(demo.written()).not.toMatch(COLOUR);
    expect(demo.lines().filter((line) => /^[✔✖…⏱] [█░]/.test(line))).toHaveLength(5);
    const box = demo.lines().filter((line) => line.startsWith("│ "));
    expect(box.length).toBeGreaterThan(5);
    expect(box.filter((line) => line.length >= columns && !line.includes("http"))).toEqual([]);
  },
);

test("a pipe that ends early stops the demo without an error", async () => {
  const ran = await run(`PORT=0 '${process.execPath}' local/start.ts | head -n 1; echo "\${PIPESTATUS[0]}"`);
  expect([ran.stdout, ran.stderr]).toEqual(["Packaging the service …\n0\n", ""]);
});

test.each([
  ["", "give one kind of job: succeed, fail, hang, 30-nodes"],
  ["explode", "give one kind of job"],
])("npm run demo:job -- %s is wrong use", async (kind, text) => {
  const ran = await runCommand(process.execPath, ["local/demo-job.ts", ...kind.split(" ").filter(Boolean)]);
  expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining(text)]);
});
