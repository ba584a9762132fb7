import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { WatchDocument } from "../../lib/ledger/watch-ledger.ts";
import { DIGEST_PROJECT, digestTargetsOf } from "../shared/notification-targets.ts";

export interface StatusDigestPorts {
  readonly ledger: Pick<Ledger, "readDigest" | "readDelivery">;
}

/**
 * The document of a watch with the notifications of its digest in it: a chat that is told of all jobs of a call at once gets no
 * notification of this one, unless somebody had it sent again. Nobody is told of a watch that still runs, or was stopped.
 */
export async function withDigest(
  document: WatchDocument,
  { ledger }: StatusDigestPorts,
): Promise<WatchDocument> {
  const { watch } = document;
  const { digestId, state } = watch;
  if (digestId === null || state === "watching" || state === "stopped") return document;
  const targets = digestTargetsOf(await ledger.readDigest(digestId), watch);
  const deliveries = await Promise.all(
    document.deliveries.map((own) =>
      targets.includes(own.target) && own.redelivery === 0
        ? ledger.readDelivery({ project: DIGEST_PROJECT, jobId: digestId, target: own.target })
        : own,
    ),
  );
  return { ...document, deliveries };
}
