import { OUTCOMES } from "../../../lib/domain/job.ts";
import { type OutcomeSummary, summarizeAndTruncateOutcome } from "../../../lib/domain/outcome-summary.ts";
import fc from "../../support/properties.ts";
import { facts, job } from "./samples.ts";

/** Texts with special characters for chats, JSON or terminals. */
const NASTY = [
  "<!channel>",
  "<!here|x>",
  "<@U1>",
  "<@everyone>",
  "@everyone",
  "@all",
  "@13800000000",
  "<at id=all></at>",
  "<at>platform@example.com</at>",
  "<@&1>",
  "[x](https://evil.example)",
  "![x](https://evil.example)",
  "```",
  "`",
  "**",
  "~~",
  "|",
  "||",
  "# h",
  "> q",
  "\n",
  "\r\n",
  "\u0000",
  "\u202e",
  "\u200f",
  "👩‍💻",
  "🧨",
  "\ud83d",
  "漢字",
  "&amp;",
  '"}]',
  "\\",
  " ",
  "",
  "<font color='warning'>",
  "<https://evil.example|click>",
  ":tada:",
  "a",
];
const nasty = fc.oneof(
  fc.array(fc.constantFrom(...NASTY), { maxLength: 20 }).map((parts) => parts.join("")),
  fc
    .constantFrom(...NASTY)
    .chain((part) => fc.integer({ min: 1, max: 10_000 }).map((n) => part.repeat(n).slice(0, 10_000))),
);
const orNull = fc.option(nasty);
const context = fc.record(
  {
    actor: nasty.map((text) => text.slice(0, 200)),
    pipeline: nasty.map((text) => text.slice(0, 200)),
    commit: nasty.map((text) => text.slice(0, 100)),
    runUrl: nasty.map((text) => `https://ci.example.com/${text}`.slice(0, 1000)),
    labels: fc.dictionary(
      nasty.map((text) => `k${text}`.slice(0, 63)),
      nasty.map((text) => text.slice(0, 200)),
      { maxKeys: 20 },
    ),
  },
  { requiredKeys: [] },
);

/** Generates outcomes of jobs with malicious texts and up to 200 failed subjobs. */
export const hostileSummary: fc.Arbitrary<OutcomeSummary> = fc
  .record({
    outcome: fc.constantFrom(...OUTCOMES),
    reason: orNull,
    type: orNull,
    name: orNull,
    cluster: orNull,
    sub: orNull,
    context,
    count: fc.constantFrom(0, 1, 7, 200),
    jobPageUrl: fc.option(fc.constant(`https://notifier.example.com/jobs/p/j?key=${"k".repeat(90)}`)),
  })
  .map(({ outcome, reason, type, name, cluster, sub, context, count, jobPageUrl }) => {
    const failed = { phase: "Failed", state: "failed", reason, type: sub, resourceName: name } as const;
    const root = job({
      type,
      resourceName: name,
      clusterId: cluster,
      subJobs: Array.from({ length: count }, () => job(failed)),
    });
    return summarizeAndTruncateOutcome(
      facts({ outcome, reason, job: root, context, jobPageUrl, warnings: [reason ?? "w"] }),
    );
  });
