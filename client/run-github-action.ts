import { appendFile } from "node:fs/promises";
import * as z from "zod/mini";
import { StatusDocument } from "../lib/api/status-document.ts";
import { JobResult } from "../lib/api/submission-result.ts";
import { type Environment, runCommandLine } from "./command-line.ts";
import type { ExitCode } from "./exit-code.ts";
import { renderJobSummary } from "./job-summary.ts";
import { toPrintable } from "./printable-text.ts";

/** The command-line options of `watch` that the GitHub Action offers as inputs of the same name. */
const OPTION_INPUTS = ["project", "notify", "until", "ready-minutes", "deadline-minutes", "timeout-seconds"];

/** The document that the command `watch --json` prints. */
const WatchDocument = z.object({
  jobs: z.optional(z.array(z.extend(JobResult, { outcome: z.optional(StatusDocument) }))),
  error: z.optional(z.object({ detail: z.string() })),
});

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns the value of an input of the GitHub Action. The runner of GitHub Actions stores inputs in environment
 * variables such as `INPUT_JOB-ID`.
 */
const inputIn = (env: Env, name: string): string => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim();

/** Converts the inputs of the GitHub Action to arguments of the command `watch`. */
function argumentsFor(env: Env): readonly string[] {
  const options = OPTION_INPUTS.flatMap((name) => {
    const value = inputIn(env, name);
    return value === "" ? [] : [`--${name}=${value}`];
  });
  const wait = inputIn(env, "wait") === "no" ? [] : ["--wait"];
  const reply = inputIn(env, "reply") === "" ? [] : ["--reply=-"];
  const jobId = inputIn(env, "job-id");
  return ["watch", ...options, ...wait, ...reply, "--", ...(jobId === "" ? [] : [jobId])];
}

/**
 * Returns the outputs of the GitHub Action. The file action.yml contains the names of the outputs. The output
 * `duration` is in seconds.
 */
function outputsOf({ jobs: [job] = [], error }: z.infer<typeof WatchDocument>) {
  const outcome = job?.outcome;
  const [cause] = outcome?.causes ?? [];
  return {
    state: outcome?.state ?? (job === undefined || job.status === "rejected" ? "" : "watching"),
    reason: outcome?.reason ?? cause?.reason ?? job?.error?.detail ?? error?.detail ?? "",
    cause: [cause?.type, cause?.reason].filter(Boolean).join(": "),
    "page-url": job?.pageUrl ?? "",
    duration: String(outcome?.durationSeconds ?? ""),
  };
}

async function append(file: string | undefined, text: string): Promise<void> {
  if (file) await appendFile(file, text);
}

/**
 * Runs the GitHub Action: submits the job of the inputs, waits for its end, and writes the outputs and the summary.
 * Returns the exit status of the command `watch`.
 * @param environment its `env` contains the inputs as environment variables such as `INPUT_JOB-ID`
 */
export async function runGithubAction(environment: Environment): Promise<ExitCode> {
  const { env } = environment;
  let document: z.infer<typeof WatchDocument> = {};
  const code = await runCommandLine(argumentsFor(env), {
    ...environment,
    env: {
      ...env,
      NOTIFIER_URL: inputIn(env, "url"),
      NOTIFIER_TOKEN: inputIn(env, "token"),
      NOTIFIER_AUDIENCE: inputIn(env, "audience"),
    },
    readText: async () => inputIn(env, "reply"),
    onDocument: (result) => {
      document = WatchDocument.parse(result);
    },
  });
  // In the output file, each line is one output, so `toPrintable` removes line breaks from the value.
  const outputs = Object.entries(outputsOf(document)).map(
    ([name, value]) => `${name}=${toPrintable(value)}\n`,
  );
  await append(env.GITHUB_OUTPUT, outputs.join(""));
  const [job] = document.jobs ?? [];
  if (job?.outcome !== undefined)
    await append(env.GITHUB_STEP_SUMMARY, renderJobSummary(job.outcome, job.pageUrl));
  return code;
}
