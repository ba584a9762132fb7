import type { Failure } from "../../domain/failures.ts";
import { hintFor } from "../../domain/hints.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { cleanLine, cleanLines } from "../../domain/plain-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { Share, Trouble } from "./chat-message.ts";
import { hintOf } from "./links.ts";

const STEP = " › ";
/** A path of more steps is shown by its first and its last ones. */
const MOST_STEPS = 6;

/** What went wrong, the first ones in tree order, and how many more there are. */
export function troublesOf(
  conclusion: OutcomeSummary,
  share: Share,
): { readonly told: readonly Trouble[]; readonly left: number } {
  const failures = conclusion.failures.filter(
    (failure, index) => !isExplainedBelow(failure, index, conclusion),
  );
  const told = failures.slice(0, share.troubles).map((failure) => ofFailure(failure, share));
  const own = ownTrouble(conclusion, share);
  const unlisted = Math.max(0, conclusion.subJobs.failed - conclusion.failures.length);
  return { told: own === null ? told : [own, ...told], left: failures.length - told.length + unlisted };
}

/** A subjob that gives no reason, and failed because the next one did, would only repeat it. */
function isExplainedBelow({ path, reason }: Failure, index: number, { failures }: OutcomeSummary): boolean {
  const next = failures[index + 1];
  if (reason?.trim() || next === undefined || next.path.length <= path.length) return false;
  return path.every((step, level) => next.path[level] === step);
}

function ofFailure({ path, resourceName, reason, hint }: Failure, share: Share): Trouble {
  const title = pathLine(path, share);
  return {
    title: resourceName?.trim() ? `${title} (${truncate(cleanLine(resourceName), share.text)})` : title,
    reason: shown(reason, share),
    hint: hint === null ? null : hintOf(truncate(cleanLine(hint), 400)),
  };
}

/** `CreateCluster › InstallMaster`. */
function pathLine(path: readonly string[], share: Share): string {
  const steps =
    path.length <= MOST_STEPS
      ? path
      : [...path.slice(0, 2), "…", ...path.slice(path.length - MOST_STEPS + 3)];
  return steps.map((step) => truncate(cleanLine(step) || "unknown", share.text)).join(STEP);
}

/** The job's own reason, unless a failed subjob says the same; for a failure without any, that there is none. */
function ownTrouble({ outcome, jobType, reason, failures }: OutcomeSummary, share: Share): Trouble | null {
  const own = shown(reason, share);
  if (own === null && (outcome !== "failed" || failures.length > 0)) return null;
  if (failures.some((failure) => shown(failure.reason, share) === own)) return null;
  const hint = hintFor(reason);
  const title = outcome === "failed" ? pathLine([jobType ?? "Job"], share) : null;
  return { title, reason: own, hint: hint === null ? null : hintOf(hint) };
}

function shown(reason: string | null, share: Share): string | null {
  return reason === null ? null : truncate(cleanLines(reason), share.reason) || null;
}
