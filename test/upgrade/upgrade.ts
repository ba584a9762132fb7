import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { UsageError } from "../../local/ops/command.ts";
import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { packageServiceIfChanged } from "../../local/package/package-service.ts";
import { readSources, writeSources } from "../../local/package/sources.ts";
import { startReceiver } from "../../local/receiver/receiver.ts";
import { tally } from "../chaos/tally.ts";
import { PROJECT, type ServiceFixture, startServiceFixture } from "../support/service-fixture.ts";
import { makeNextRelease } from "./next-release.ts";

const USAGE = `Switches between two releases under load, in both directions, on one ledger and one set of queues. Every target must be
notified once of every job. Prints one JSON object.

  npm run upgrade                         the other release is the current code with changed formats of messages and items
  npm run upgrade -- --release GIT_REF    the other release is a git reference, such as the tag of the previous release
  npm run upgrade -- --plant same-version makes a mistake that must be found

Exit status: 0, 1 if a notification is lost or sent twice, 2 for wrong use.
`;
const values = readScriptArguments(
  USAGE,
  { options: { release: { type: "string" }, plant: { type: "string" } } },
  (parsed) => {
    const { plant } = parsed.values;
    if (plant !== undefined && plant !== "same-version") throw new UsageError(`unknown plant '${plant}'`);
    return parsed.values;
  },
);

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BUILD = join(ROOT, "build/packages");
const WORK = join(ROOT, "build/upgrade");
/**
 * The times for which the releases run, one after the other. The current release is the first, and the other release is
 * the last, because only the other release can read every format. The second time is short: messages of the current
 * release are then still in the queue while the other release changes their items, and meet the current release again.
 */
const PHASES_MS = [9_000, 4_000, 9_000, 9_000, 9_000, 9_000];
const SUBMIT_EVERY_MS = 250;
/** A second submission of each job adds a target to the watch after this time, which changes the watch item. */
const ADD_TARGET_AFTER_MS = 1_500;
const GIVE_UP_MS = 120_000;
const TARGETS = ["audit", "ops"];

const LogLine = z.looseObject({
  message: z.string(),
  level: z.string().optional(),
  kind: z.string().optional(),
  reason: z.string().optional(),
  error: z.looseObject({ name: z.string() }).optional(),
});

interface Job {
  readonly jobId: string;
  readonly outcome: "Success" | "Failed";
}

async function main(): Promise<number> {
  const current = await packageServiceIfChanged({ serviceDir: ROOT, buildDir: BUILD });
  const other = await packageOtherRelease();
  const receiver = await startReceiver();
  const secrets = [`whsec_${randomBytes(32).toString("base64")}`];
  const fixture = await startServiceFixture({
    targets: Object.fromEntries(
      TARGETS.map((name) => [name, { kind: "webhook", url: `${receiver.url}/webhook/${name}`, secrets }]),
    ),
    settings: {
      limits: { requestsPerMinute: 0, watchesPerCaller: 0 },
      egress: { allow: [new URL(receiver.url).host] },
      poll: { minDelaySeconds: 1, maxDelaySeconds: 7, goneGraceSeconds: 60 },
    },
  });
  try {
    const notified = () =>
      tally(
        receiver.notifications.list("webhook"),
        jobs.map(({ jobId }) => jobId),
        TARGETS,
      );
    const startedAt = Date.now();
    const jobs: Job[] = [];
    const runningAtSwitch: number[] = [];
    const stopping = new AbortController();
    const load = runLoad(fixture, jobs, stopping.signal);
    for (const [i, phaseMs] of PHASES_MS.entries()) {
      if (i > 0) {
        runningAtSwitch.push(notified().missing.length);
        await fixture.stack.deploy(i % 2 === 1 ? other : current);
      }
      await sleep(phaseMs);
    }
    stopping.abort();
    const { unavailable, unexpectedAnswers } = await load;
    const deadline = Date.now() + GIVE_UP_MS;
    while (notified().missing.length > 0 && Date.now() < deadline) {
      await fixture.stack.invoke("sweep", {});
      await sleep(1_000);
    }
    const lines = await readLog(fixture.logFile);
    const waits = lines.filter(({ message, kind }) => message === "message unreadable" && kind === "newer");
    const { delivered, missing, unexpected, duplicates } = notified();
    const result = {
      jobs: jobs.length,
      expected: jobs.length * TARGETS.length,
      delivered,
      lost: missing.length,
      unexpected,
      duplicates,
      wrongOutcomes: countWrongOutcomes(jobs, receiver.notifications.list("webhook")),
      deadLetters:
        (await fixture.queues.deadLetters("pollDead")).length +
        (await fixture.queues.deadLetters("notifyDead")).length,
      unreadableAtTheEnd: await countUnreadable(fixture, jobs),
      unexpectedAnswers,
      otherErrors: [...new Set(lines.flatMap(describeOtherError))],
      runningAtSwitch,
      waitsForMessages: waits.filter(({ reason }) => reason?.startsWith("version ")).length,
      waitsForItems: waits.filter(({ reason }) => reason?.startsWith("A later release")).length,
      answersDuringWaits: unavailable,
      seconds: Math.round((Date.now() - startedAt) / 1000),
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return isRight(result) ? 0 : 1;
  } finally {
    await fixture.stop();
    await receiver.stop();
  }
}

/**
 * The faults must be zero. Every switch must happen under load, and with changed formats each release must have waited.
 */
function isRight(result: {
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicates: number;
  readonly wrongOutcomes: number;
  readonly deadLetters: number;
  readonly unreadableAtTheEnd: number;
  readonly unexpectedAnswers: number;
  readonly otherErrors: readonly string[];
  readonly runningAtSwitch: readonly number[];
  readonly waitsForMessages: number;
  readonly waitsForItems: number;
}): boolean {
  const { lost, unexpected, duplicates, wrongOutcomes, deadLetters, unreadableAtTheEnd } = result;
  const faults = [lost, unexpected, duplicates, wrongOutcomes, deadLetters, unreadableAtTheEnd];
  if (faults.some((count) => count > 0) || result.unexpectedAnswers > 0) return false;
  if (result.otherErrors.length > 0 || result.runningAtSwitch.some((count) => count === 0)) return false;
  return values.release !== undefined || (result.waitsForMessages > 0 && result.waitsForItems > 0);
}

/** Packages the other release and returns the folder of the package. */
async function packageOtherRelease(): Promise<string> {
  await rm(WORK, { recursive: true, force: true });
  await mkdir(WORK, { recursive: true });
  if (values.release === undefined)
    await writeSources(makeNextRelease(await readSources(ROOT), values.plant !== "same-version"), WORK);
  else {
    const archive = execFileSync("git", ["archive", "--format=tar", values.release], {
      cwd: ROOT,
      maxBuffer: 256 * 1024 * 1024,
    });
    execFileSync("tar", ["-x", "-C", WORK], { input: archive });
  }
  return packageServiceIfChanged({ serviceDir: WORK, buildDir: BUILD });
}

/**
 * Starts jobs, submits each job until the API accepts it, and reads the status of earlier jobs. While an item waits for
 * the other release, the API answers 503 with Retry-After. Returns the numbers of these answers and of all other
 * errors.
 */
async function runLoad(fixture: ServiceFixture, jobs: Job[], stopping: AbortSignal) {
  let [unavailable, unexpectedAnswers] = [0, 0];
  const count = (response: Response) => {
    if (response.status === 503 && response.headers.has("retry-after")) unavailable += 1;
    else if (!response.ok) unexpectedAnswers += 1;
  };
  const submit = async (jobId: string, notify: readonly string[]) => {
    for (;;) {
      const response = await fixture.api("/v1/jobs", { jobId, notify });
      if (response.status === 202) return;
      count(response);
      await sleep(500);
    }
  };
  const submitTwice = async (jobId: string) => {
    await submit(jobId, TARGETS.slice(0, 1));
    await sleep(ADD_TARGET_AFTER_MS);
    await submit(jobId, TARGETS);
  };
  const calls: Promise<void>[] = [];
  while (!stopping.aborted) {
    const outcome = Math.random() < 0.5 ? "Success" : "Failed";
    const jobId = fixture.addJob({ type: "CreateCluster", endSeconds: 1 + Math.random() * 14, outcome });
    jobs.push({ jobId, outcome });
    calls.push(submitTwice(jobId));
    const earlier = jobs[Math.floor(Math.random() * Math.max(1, jobs.length - 5))];
    if (jobs.length > 5 && earlier !== undefined)
      count(await fixture.api(`/v1/jobs/${PROJECT}/${earlier.jobId}`));
    await sleep(SUBMIT_EVERY_MS);
  }
  await Promise.all(calls);
  return { unavailable, unexpectedAnswers };
}

const Event = z.object({ type: z.string(), data: z.object({ jobId: z.string() }) });

function countWrongOutcomes(
  jobs: readonly Job[],
  notifications: readonly { readonly body: string }[],
): number {
  const expected = new Map(jobs.map(({ jobId, outcome }) => [jobId, outcome]));
  return notifications.filter(({ body }) => {
    const { type, data } = Event.parse(JSON.parse(body));
    return type !== (expected.get(data.jobId) === "Success" ? "job.succeeded" : "job.failed");
  }).length;
}

const Status = z.object({ done: z.literal(true), polls: z.int().min(1), polledAt: z.unknown() });

/** Counts the jobs whose status the last release does not return, or returns with wrong fields. */
async function countUnreadable({ api }: ServiceFixture, jobs: readonly Job[]): Promise<number> {
  let unreadable = 0;
  for (const { jobId } of jobs) {
    const response = await api(`/v1/jobs/${PROJECT}/${jobId}`);
    if (!Status.safeParse(parseJsonOrUndefined(await response.text())).success) unreadable += 1;
  }
  return unreadable;
}

async function readLog(file: string): Promise<readonly z.infer<typeof LogLine>[]> {
  const text = await readFile(file, "utf8");
  return text
    .split("\n")
    .flatMap((line) => LogLine.safeParse(parseJsonOrUndefined(line.replace(/^\[\w+\] /, ""))).data ?? []);
}

/** Returns the text of an error that no item of a newer release has caused. */
function describeOtherError({ level, message, error }: z.infer<typeof LogLine>): readonly string[] {
  if (level !== "ERROR" || error?.name === "NewerItemError") return [];
  return [`${message}: ${error?.name ?? "no error"}`];
}

process.exitCode = await main();
