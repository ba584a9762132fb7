import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import { keptUntil } from "../../lib/config/retention.ts";
import type { PollSettings, Settings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { OpenResult, WatchLedger } from "../../lib/ledger/watch-ledger.ts";

const MINUTE_MS = 60_000;

/** One distinct job of a call, as the ledger answered for it. `failed`: the ledger or a queue did not answer. */
export type OpenedJob = {
  readonly jobId: string;
  readonly deadlineAt: Instant;
  readonly delaySeconds: number;
} & (OpenResult | { readonly kind: "failed" });

export interface OpenPorts {
  readonly ledger: Pick<WatchLedger, "openWatch">;
  readonly config: { readonly settings: Settings };
  readonly now: Instant;
  readonly firstDelaySeconds: (poll: PollSettings, project: string, jobs: number) => number | Promise<number>;
  readonly onFailure: (what: "open", error: unknown) => void;
}

/** Opens the watch of one job, or adds to it what this call asks for. */
export async function openWatch(
  jobId: string,
  asked: ResolvedSubmission,
  digestId: string | null,
  { ledger, config, now, firstDelaySeconds, onFailure }: OpenPorts,
): Promise<OpenedJob> {
  const deadlineAt = now + Math.round(asked.deadlineMinutes * MINUTE_MS);
  const firstDelay = await firstDelaySeconds(config.settings.poll, asked.project, asked.jobIds.length);
  const delaySeconds = Math.min(Math.round(firstDelay), Math.ceil((deadlineAt - now) / 1000));
  try {
    const opened = await ledger.openWatch({
      project: asked.project,
      jobId,
      acceptedAt: now,
      deadlineAt,
      nextPollAt: now + delaySeconds * 1000,
      targets: asked.targets,
      context: asked.context,
      callbacks: asked.callbacks,
      digestId,
      expiresAt: keptUntil(deadlineAt, config.settings),
    });
    return { jobId, deadlineAt, delaySeconds, ...opened };
  } catch (error) {
    onFailure("open", error);
    return { jobId, deadlineAt, delaySeconds, kind: "failed" };
  }
}
