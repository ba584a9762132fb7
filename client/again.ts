/** How one try of a call ended: an HTTP status, or no answer at all. */
export type Tried =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterSeconds: number | null }
  | { readonly kind: "unanswered" };

export const MAX_TRIES = 5;
const FIRST_DELAY_MS = 500;
/** A service that asks for more than this is not waited for. */
const MAX_DELAY_MS = 30_000;
/** The service or its gateway did not take the call: asking again is harmless whatever it asks for. */
const NOT_TAKEN: ReadonlySet<number> = new Set([429, 503]);
const PERHAPS_TAKEN: ReadonlySet<number> = new Set([500, 502, 504]);

/**
 * When to try again: milliseconds from now, or null for never. A call that is not `repeatable` (it would tell
 * somebody twice) is tried again only when it certainly was not carried out.
 * @param tries how many were made so far, this one included.
 * @param random from 0 to 1: delays are spread so that callers do not come back together.
 */
export function againAfterMs(
  tried: Tried,
  repeatable: boolean,
  tries: number,
  random: number,
): number | null {
  if (tries >= MAX_TRIES) return null;
  const backOffMs = FIRST_DELAY_MS * 2 ** (tries - 1) * (0.75 + random / 2);
  switch (tried.kind) {
    case "unanswered":
      return repeatable ? backOffMs : null;
    case "answered": {
      const { status, retryAfterSeconds } = tried;
      if (!NOT_TAKEN.has(status) && !(repeatable && PERHAPS_TAKEN.has(status))) return null;
      const askedMs = (retryAfterSeconds ?? 0) * 1000;
      return askedMs > MAX_DELAY_MS ? null : Math.max(backOffMs, askedMs);
    }
    default:
      return tried satisfies never;
  }
}
