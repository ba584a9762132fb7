import type { Digest } from "../../lib/ledger/digest-ledger.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification-ledger.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import { digestMessage } from "../../lib/queue/outgoing-messages.ts";
import type { OutgoingMessage } from "../../lib/queue/queue.ts";
import { DIGEST_PROJECT } from "../shared/notification-targets.ts";

export interface Standing {
  readonly delivery: DeliveryRecord | null;
  readonly message: OutgoingMessage;
}

/** How a digest stands, as a sweep finds it. `running`: a job of it has not ended, so it is not to be told yet. */
export interface DigestStandings {
  readonly kind: "running" | "ended";
  readonly standings: readonly Standing[];
}

/**
 * A digest is verified by every watch of it that has ended, until it has been told. Members that were stopped, or
 * taken up anew by a call of their own, may never leave it: whether one still runs is asked of its watch.
 */
export async function digestStandings(
  watch: Watch,
  targets: readonly string[],
  digest: Digest | null,
  { ledger }: { readonly ledger: Pick<Ledger, "readWatch" | "readDelivery"> },
): Promise<DigestStandings> {
  const { digestId } = watch;
  if (digestId === null || digest === null || targets.length === 0) return { kind: "ended", standings: [] };
  for (const key of digest.running) {
    const member = (await ledger.readWatch(key))?.watch;
    if (member?.state === "watching" && member.digestId === digestId)
      return { kind: "running", standings: [] };
  }
  const standings = await Promise.all(
    targets.map(async (target) => ({
      delivery: await ledger.readDelivery({ project: DIGEST_PROJECT, jobId: digestId, target }),
      message: digestMessage(digestId, target),
    })),
  );
  return { kind: "ended", standings };
}
