import type { Instant } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";
import type { Granted } from "./iam.ts";

/** A token is renewed so long before its end, so that none ends under way. */
const RENEW_BEFORE_MS = 600_000;
/** IAM locks a user out after a few wrong passwords: a refusal stands this long before it is asked again. */
const REFUSAL_STANDS_MS = 30_000;

/** Keeps one project's token. However many polls wait for one, one request is under way. */
export interface TokenKeeper {
  get(): Promise<Granted>;
  /** Answers another token than the one that was refused, asking for one unless somebody has already done so. */
  renew(refused: Secret): Promise<Granted>;
}

/** `grant` asks IAM once and never throws. */
export function keepToken(grant: () => Promise<Granted>, now: () => Instant): TokenKeeper {
  let kept: Granted | null = null;
  let keptUntil = 0;
  let underWay: Promise<Granted> | null = null;

  const ask = async (): Promise<Granted> => {
    const granted = await grant();
    kept = granted;
    keptUntil = endOf(granted, now());
    underWay = null;
    return granted;
  };
  const get = async (): Promise<Granted> => {
    if (underWay === null && kept !== null && now() < keptUntil) return kept;
    underWay ??= ask();
    return underWay;
  };
  return {
    get,
    renew(refused) {
      if (kept?.kind === "token" && kept.token === refused) kept = null;
      return get();
    },
  };
}

function endOf(granted: Granted, now: Instant): Instant {
  if (granted.kind === "token") return granted.expiresAt - RENEW_BEFORE_MS;
  return granted.observation.kind === "unauthorized" ? now + REFUSAL_STANDS_MS : now;
}
