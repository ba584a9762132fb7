import { readFile } from "node:fs/promises";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { parseCounts, readScriptArguments } from "../../local/ops/script-arguments.ts";
import { eventually } from "../support/eventually.ts";
import { startServiceFixture } from "../support/service-fixture.ts";

/**
 * A thousand jobs arrive in one second, in ten calls of a hundred jobs. The first argument replaces the number of
 * calls. The script prints one JSON object. The exit code is 0 if every job was accepted, the last answer came within 3
 * seconds after the first call, and no second has more than a quarter of the first polls.
 */
const [calls] = readScriptArguments(
  `Submits jobs in one second, in calls of 100 jobs, and measures the last answer and the spread of the first polls.

  npm run burst:accept [-- CALLS]   CALLS is 10 by default

Prints one JSON object. Exit status: 0, 1 if a figure is over its limit, 2 for wrong use.
`,
  { allowPositionals: true },
  ({ positionals }) => parseCounts(positionals, [10]),
);
const JOBS_PER_CALL = 100;
const MAX_ANSWER_SECONDS = 3;
const MAX_POLLS_IN_ONE_SECOND = 0.25;
const FIRST_POLLS_MS = 180_000;

/** An error response has no jobs. */
const Answer = z.object({ jobs: z.array(z.object({ status: z.string() })).default([]) });
const FirstPoll = z.object({
  message: z.literal("poll"),
  poll: z.literal(1),
  job_id: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
  lateness_seconds: z.number(),
});

const fixture = await startServiceFixture({ targets: {}, settings: { poll: {} } });
const endless = { type: "CreateCluster", endSeconds: 3600 };

const startedAt = performance.now();
const answers = await Promise.all(
  Array.from({ length: calls }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, (i * 1000) / calls));
    const jobIds = Array.from({ length: JOBS_PER_CALL }, () => fixture.addJob(endless));
    const answer = await fixture.api("/v1/jobs", { jobIds, notify: [] });
    const { jobs } = Answer.parse(await answer.json());
    return { jobs, seconds: (performance.now() - startedAt) / 1000 };
  }),
);
const accepted = answers.flatMap(({ jobs }) => jobs).filter(({ status }) => status === "accepted").length;
const lastAnswerSeconds = Math.max(...answers.map(({ seconds }) => seconds));

/** Returns the first poll of each job from the log lines of the functions. */
async function readFirstPolls(): Promise<readonly z.infer<typeof FirstPoll>[]> {
  const lines = (await readFile(fixture.logFile, "utf8")).split("\n");
  const polls = lines.flatMap((line) => {
    const parsed = FirstPoll.safeParse(parseJsonOrUndefined(line.slice(line.indexOf("{"))));
    return parsed.success ? [parsed.data] : [];
  });
  return [...new Map(polls.map((poll) => [poll.job_id, poll])).values()];
}

const firstPolls = await eventually(
  "the first poll of every job",
  async () => {
    const polls = await readFirstPolls();
    return polls.length >= accepted && polls;
  },
  FIRST_POLLS_MS,
);
const planned = firstPolls.map((poll) => Date.parse(poll.timestamp) - poll.lateness_seconds * 1000);
const bySecond = Map.groupBy(planned, (at) => Math.floor((at - Math.min(...planned)) / 1000));
const busiest = Math.max(...[...bySecond.values()].map(({ length }) => length));
const round = (seconds: number) => Math.round(seconds * 100) / 100;
const result = {
  jobs: calls * JOBS_PER_CALL,
  accepted,
  /** The time from the first call to the last answer. */
  lastAnswerSeconds: round(lastAnswerSeconds),
  /** The time from the earliest to the latest planned first poll. */
  firstPollsSpreadSeconds: round((Math.max(...planned) - Math.min(...planned)) / 1000),
  /** The largest number of first polls that are planned in one second. */
  firstPollsInBusiestSecond: busiest,
  latestFirstPollLatenessSeconds: round(Math.max(...firstPolls.map((poll) => poll.lateness_seconds))),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await fixture.stop();
const isSpread = busiest <= accepted * MAX_POLLS_IN_ONE_SECOND;
process.exit(accepted === result.jobs && lastAnswerSeconds <= MAX_ANSWER_SECONDS && isSpread ? 0 : 1);
