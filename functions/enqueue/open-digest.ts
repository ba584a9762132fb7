import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { Config } from "../../lib/config/config.ts";
import { keptUntil } from "../../lib/config/retention.ts";
import type { DigestLedger } from "../../lib/ledger/digest-ledger.ts";
import type { OpenedJob } from "./open-watch.ts";

export interface AcceptDigestPorts {
  readonly ledger: Pick<DigestLedger, "createDigest">;
  readonly config: Config;
  /** A random UUID. */
  readonly uuid: () => string;
  readonly onFailure: (what: "digest", error: unknown) => void;
}

export interface DigestPlan {
  readonly digestId: string;
  /** The chat targets that hear of all jobs at once; webhooks still get an event for each. */
  readonly targets: readonly string[];
}

/** Whether this call makes a digest: it asks for one, has two jobs or more, and a chat to tell. */
export function splitForDigest(
  asked: ResolvedSubmission,
  jobIds: readonly string[],
  { config, uuid }: Pick<AcceptDigestPorts, "config" | "uuid">,
): DigestPlan | null {
  if (!asked.digest || jobIds.length < 2) return null;
  const targets = asked.targets.filter((name) => {
    const kind = config.targets[name]?.kind;
    return kind !== undefined && kind !== "webhook";
  });
  return targets.length === 0 ? null : { digestId: uuid(), targets };
}

/**
 * Writes the digest of the watches that this call opened, before their first poll is sent. A watch that was there
 * before keeps its own way of telling. Should the digest not be written, its watches count as failed: asked for
 * again, they are sent their poll, and without a digest each tells its chats by itself.
 */
export async function openDigestOf(
  plan: DigestPlan | null,
  asked: ResolvedSubmission,
  opened: readonly OpenedJob[],
  { ledger, config, onFailure }: AcceptDigestPorts,
): Promise<readonly OpenedJob[]> {
  const members = opened.filter((job) => job.kind === "accepted");
  if (plan === null || members.length === 0) return opened;
  try {
    await ledger.createDigest({
      ...plan,
      members: members.map(({ jobId, generation }) => ({ project: asked.project, jobId, generation })),
      expiresAt: keptUntil(Math.max(...members.map(({ deadlineAt }) => deadlineAt)), config.settings),
    });
    return opened;
  } catch (error) {
    onFailure("digest", error);
    return opened.map((job) => (job.kind === "accepted" ? { ...job, kind: "failed" } : job));
  }
}
