import type { Instant, WatchGeneration, WatchKey } from "../domain/job.ts";

export interface DigestLedger {
  createDigest(digest: {
    digestId: string;
    members: readonly WatchGeneration[];
    targets: readonly string[];
    expiresAt: Instant;
  }): Promise<void>;
  /** Takes a concluded watch out of those still running and answers how many are left. Idempotent. */
  removeRunningMember(digestId: string, key: WatchKey): Promise<number>;
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  readonly members: readonly WatchGeneration[];
  readonly targets: readonly string[];
  /** Members that have not left. One of them that was stopped, or taken up anew without this digest, never will. */
  readonly running: readonly WatchKey[];
}
