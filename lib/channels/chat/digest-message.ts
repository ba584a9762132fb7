import { formatNameList, SHOWN_NAMES } from "../../domain/cause.ts";
import { toSafeOneLineText } from "../../domain/clean-text.ts";
import { OUTCOMES, wasJobObserved } from "../../domain/job.ts";
import { normalizeReasonForGrouping } from "../../domain/list-causes.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { fillPlaceholdersEmptyIfMissing } from "../../domain/text-in-default-language.ts";
import type { Texts } from "../../domain/texts.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { CauseText, ChatMessage, Fact, Link, TextBudget } from "./chat-message.ts";
import {
  createSafeLink,
  EMPTY_MESSAGE,
  formatCausesWithinBudget,
  formatOmittedCausesNote,
} from "./chat-message.ts";
import {
  formatFooter,
  formatJobLabel,
  listContextFacts,
  OUTCOME_PRESENTATION,
  translateTimeoutOrNotReadyReason,
} from "./outcome-message.ts";

const MAX_JOB_LINKS = 5;
const MAX_LINK_CHARACTERS = 40;
/** The order of the outcomes in a digest, which is one message about several jobs. The succeeded jobs come last. */
const DIGEST_ORDER = [...OUTCOMES.filter((outcome) => outcome !== "succeeded"), "succeeded"] as const;

/** A group of jobs in a digest. All jobs of the group have the same outcome and the same cause. */
interface JobGroup {
  readonly jobs: OutcomeSummary[];
  readonly cause: CauseText;
  /** The number of further causes of the jobs in the group. The digest omits these further causes. */
  omittedCauses: number;
}

/**
 * Formats a digest (one message about several jobs). The digest begins with all jobs that did not succeed, grouped by
 * cause. The last line of the digest names all succeeded jobs.
 */
export function formatDigestMessage(
  summaries: readonly OutcomeSummary[],
  budget: TextBudget,
  texts: Texts,
): ChatMessage {
  const byOutcome = Object.groupBy(summaries, ({ outcome }) => outcome);
  const { succeeded = [] } = byOutcome;
  const unsuccessful = DIGEST_ORDER.filter((outcome) => outcome !== "succeeded").flatMap(
    (outcome) => byOutcome[outcome] ?? [],
  );
  const groups = groupByCause(unsuccessful, budget, texts);
  const shown = groups.slice(0, budget.digestCauses);
  const omitted =
    groups.length - shown.length + shown.reduce((sum, { omittedCauses }) => sum + omittedCauses, 0);
  const gravest = unsuccessful[0]?.outcome ?? "succeeded";
  const { icon, tone } = OUTCOME_PRESENTATION[summaries.length === 0 ? "lost" : gravest];
  return {
    ...EMPTY_MESSAGE,
    tone,
    mentions: unsuccessful.length > 0,
    headline: fillPlaceholdersEmptyIfMissing(texts["digest.headline"], {
      icon,
      jobs: countJobs(summaries, texts),
      counts: countOutcomes(summaries, texts),
    }),
    causes: shown.map((group) => groupText(group, budget, texts)),
    notes: [
      ...formatOmittedCausesNote(omitted, texts),
      ...(succeeded.length === 0
        ? []
        : [
            fillPlaceholdersEmptyIfMissing(texts["digest.rest"], {
              names: namesOf(succeeded, budget, texts),
            }),
          ]),
    ],
    facts: listCommonFacts(summaries, budget, texts),
    links: linksOf(unsuccessful, summaries, texts),
    footer: formatFooter(summaries, texts),
    at: Math.max(0, ...summaries.map(({ concludedAt }) => concludedAt)),
    texts,
  };
}

/**
 * Groups jobs by outcome and most frequent cause. Failure reasons that differ only in names, IDs and numbers count as
 * the same cause.
 */
function groupByCause(summaries: readonly OutcomeSummary[], budget: TextBudget, texts: Texts): JobGroup[] {
  const groups = new Map<string, JobGroup>();
  for (const summary of summaries) {
    const { outcome, causes, reason } = summary;
    const [first] = causes;
    const names = [...(first?.resources ?? []), summary.resourceName, summary.jobId, summary.clusterId];
    const normalized = normalizeReasonForGrouping(first?.reason ?? reason ?? "", names);
    const key = JSON.stringify([outcome, first?.type, normalized]);
    const { cause, omittedCauses } = causeOf(summary, budget, texts);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { jobs: [summary], cause, omittedCauses });
    else {
      group.jobs.push(summary);
      group.omittedCauses = Math.max(group.omittedCauses, omittedCauses);
    }
  }
  return [...groups.values()];
}

function causeOf(summary: OutcomeSummary, budget: TextBudget, texts: Texts): Omit<JobGroup, "jobs"> {
  const none = { title: null, path: null, reason: null, hint: null };
  if (summary.outcome === "timed_out" || summary.outcome === "not_ready") {
    const reason = translateTimeoutOrNotReadyReason(summary.reason, budget, texts);
    return { cause: { ...none, reason: reason === "" ? null : reason }, omittedCauses: 0 };
  }
  const { causes, omitted } = formatCausesWithinBudget(summary, budget, texts);
  const lostText = wasJobObserved({ type: summary.jobType, phase: summary.phase })
    ? texts["lost.observed"]
    : texts["lost.unseen"];
  const [cause = { ...none, reason: lostText }, ...others] = causes;
  return { cause, omittedCauses: others.length + omitted };
}

/** Replaces the title of a cause by the outcome and the job names, for example `❌ Failed: pool-a-0, pool-a-1`. */
function groupText({ jobs, cause }: JobGroup, budget: TextBudget, texts: Texts): CauseText {
  const [first] = jobs;
  if (first === undefined) return cause;
  const { outcome } = first;
  const label = jobs.length === 1 ? formatJobLabel(first, texts) : namesOf(jobs, budget, texts);
  const title = fillPlaceholdersEmptyIfMissing(texts.headline, {
    icon: OUTCOME_PRESENTATION[outcome].icon,
    outcome: texts[`outcome.${outcome}`],
    job: truncate(label, budget.textCharacters),
  });
  const [type] = first.causes;
  // The digest shows the type of the failed subjobs in place of their number, because the group contains several jobs.
  const path =
    cause.path ?? (type === undefined || first.jobType === type.type ? null : type.path.join(" › "));
  return {
    ...cause,
    title,
    path: path === null ? null : truncate(toSafeOneLineText(path), budget.textCharacters),
  };
}

/**
 * Returns the resource names of the first jobs as one text. If several jobs have the same resource, the text contains
 * the name once, for example `blue ×3`.
 */
function namesOf(summaries: readonly OutcomeSummary[], budget: TextBudget, texts: Texts): string {
  const counts = new Map<string, number>();
  for (const summary of summaries) {
    const name = toSafeOneLineText(summary.resourceName ?? "") || formatJobLabel(summary, texts);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const shown = [...counts].slice(0, SHOWN_NAMES);
  const names = shown.map(([name, count]) => {
    const short = truncate(name, budget.textCharacters);
    return count === 1 ? short : `${short} ×${count}`;
  });
  const otherJobs = summaries.length - shown.reduce((sum, [, count]) => sum + count, 0);
  return formatNameList(names, names.length + otherJobs, texts["names.more"]);
}

/** Returns the facts that are equal for all jobs of the digest, such as the pipeline. */
function listCommonFacts(
  summaries: readonly OutcomeSummary[],
  budget: TextBudget,
  texts: Texts,
): readonly Fact[] {
  const [first = [], ...others] = summaries.map((summary) => listContextFacts(summary, budget, texts));
  return first.filter((fact) =>
    others.every((facts) => facts.some(({ label, value }) => label === fact.label && value === fact.value)),
  );
}

function linksOf(
  unsuccessful: readonly OutcomeSummary[],
  all: readonly OutcomeSummary[],
  texts: Texts,
): readonly Link[] {
  const jobLinks = unsuccessful
    .slice(0, MAX_JOB_LINKS)
    .map((summary) =>
      createSafeLink(truncate(formatJobLabel(summary, texts), MAX_LINK_CHARACTERS), summary.jobPageUrl),
    );
  const [runUrl, ...otherRunUrls] = new Set(all.map(({ context }) => context.runUrl));
  const runLink = otherRunUrls.length > 0 ? null : createSafeLink(texts["link.run"], runUrl);
  const isOneProject = new Set(all.map(({ project }) => project)).size === 1;
  const listUrl = isOneProject ? all[0]?.listUrl : null;
  return [createSafeLink(texts["link.list"], listUrl), ...jobLinks, runLink].filter((link) => link !== null);
}

/** Returns the number of jobs by outcome, such as `1 failed, 11 succeeded`. */
function countOutcomes(summaries: readonly OutcomeSummary[], texts: Texts): string {
  const counts = DIGEST_ORDER.flatMap((outcome) => {
    const count = summaries.filter((summary) => summary.outcome === outcome).length;
    return count === 0 ? [] : [fillPlaceholdersEmptyIfMissing(texts[`digest.${outcome}`], { count })];
  });
  return counts.join(texts["digest.separator"]) || texts["digest.none"];
}

/**
 * Returns the number of jobs as text. If all jobs are about different nodes, the text is, for example, `12 nodes`. If
 * all jobs are about different clusters, the text is, for example, `12 clusters`. For all other digests, the text is,
 * for example, `12 jobs`.
 */
function countJobs(summaries: readonly OutcomeSummary[], texts: Texts): string {
  const names = summaries.map(({ resourceName }) => resourceName).filter((name) => name !== null);
  const areDifferent = new Set(names).size === names.length;
  const areAll = (unit: string) =>
    areDifferent &&
    summaries.length > 0 &&
    summaries.every(({ jobType }) => jobType?.toLowerCase().endsWith(unit));
  const unit = areAll("node") ? "nodes" : areAll("cluster") ? "clusters" : "jobs";
  const count = summaries.length;
  return count === 1
    ? texts[`digest.${unit}.one`]
    : fillPlaceholdersEmptyIfMissing(texts[`digest.${unit}`], { count });
}
