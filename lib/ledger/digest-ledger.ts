import type { GenerationKey, Instant, WatchKey } from "../domain/job.ts";

export interface DigestLedger {
  openDigest(digest: {
    digestId: string;
    members: readonly GenerationKey[];
    targets: readonly string[];
    expiresAt: Instant;
  }): Promise<void>;
  /** Takes a concluded watch out of those still running and answers how many are left. Idempotent. */
  finishDigestMember(digestId: string, key: WatchKey): Promise<number>;
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  readonly members: readonly GenerationKey[];
  readonly targets: readonly string[];
  /** Members that have not left. One of them that was stopped, or taken up anew without this digest, never will. */
  readonly running: readonly WatchKey[];
}
