import { RIVAL_NAMES, type RivalName, type Rivals } from "./rivals-data.ts";

const TEXTS: Readonly<Record<RivalName, { readonly title: string; readonly crash: string }>> = {
  product: {
    title: "this service",
    crash: "nothing: the message returns, and the sweep sends a lost message again",
  },
  durable: {
    title: "durable function of Lambda",
    crash: "nothing, but the webhook gets a second notification if the crash comes before the checkpoint",
  },
  stepFunctions: {
    title: "poller of Step Functions",
    crash: "the job, unless the state machine has a `Retry`; a retry may notify twice",
  },
  naive: {
    title: "middy, AWS SDK and axios, a new message for each poll",
    crash:
      "nothing at first, but a crash between sending and deleting doubles the polls and the notification",
  },
  fixedSchedule: {
    title: "fixed schedule in one process",
    crash: "the job: nobody is notified",
  },
};

/** Renders the table that compares all ways to follow a job. */
export function renderRivals(rivals: Rivals): string {
  return [
    "| | bundle | CPU to load | CPU of a poll | polls per job | mean lateness | billed requests per job | dollars per million jobs | what a crash loses |",
    "|---|---:|---:|---:|---:|---:|---|---:|---|",
    ...RIVAL_NAMES.map((name) => {
      const { bundleBytes, loadMs, microsecondsPerPoll, polls, latenessSeconds, perJob, ...rest } =
        rivals[name];
      const { title, crash } = TEXTS[name];
      return `| ${title} | ${(bundleBytes / 1000).toFixed(1)} kB | ${loadMs} ms | ${microsecondsPerPoll} µs | ${polls.toFixed(1)} | ${latenessSeconds.toFixed(1)} s | ${name === "product" ? "see [scale.md](scale.md)" : describe(perJob)} | ${rest.dollarsPerMillionJobs.toFixed(0)} | ${crash} |`;
    }),
  ].join("\n");
}

const NAMES: Readonly<Record<string, string>> = {
  durableOperations: "durable operations",
  stateTransitions: "state transitions",
  sqsRequests: "SQS",
  lambdaRequests: "Lambda",
};

const describe = (perJob: Readonly<Record<string, number>>) =>
  Object.entries(perJob)
    .map(([name, count]) => `${count} ${NAMES[name] ?? name}`)
    .join(", ");
