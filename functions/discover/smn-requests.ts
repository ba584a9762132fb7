import { X509Certificate } from "node:crypto";
import type { Instant } from "../../lib/domain/job.ts";
import type { guardedFetch } from "../../lib/http/egress.ts";

/** The time limit for one request to SMN. SMN waits five seconds for the response to a message. */
const FETCH_MS = 1500;
const MAX_BYTES = 65_536;
/** The time for which an instance of the function keeps a certificate. */
const MAX_AGE_MS = 3_600_000;
const MAX_CERTIFICATES = 20;
/**
 * The shortest time between two requests to SMN. Without this limit, many invalid messages would cause many requests to
 * SMN.
 */
const MIN_INTERVAL_MS = 1000;

export type FetchFromSmn = (
  url: string,
  limits: { deadlineMs: number; maxBytes: number },
) => ReturnType<typeof guardedFetch>;

type FetchedCertificate =
  | { readonly kind: "certificate"; readonly certificate: X509Certificate }
  /** The function could not fetch the certificate from SMN. The certificate may be available at a later try. */
  | { readonly kind: "unavailable"; readonly cause: unknown };

/**
 * Creates a function that fetches the SMN certificate at a URL and keeps certificates in memory. Simultaneous calls for
 * the same URL share one request. The caller of the created function must check the host of the URL before. The created
 * function follows no redirect.
 */
export function createCachedCertificateFetcher(
  now: () => Instant,
): (url: string, fetchFromSmn: FetchFromSmn) => Promise<FetchedCertificate> {
  const known = new Map<
    string,
    { readonly fetched: Promise<FetchedCertificate>; readonly fetchedAt: Instant }
  >();
  let lastFetchAt = Number.NEGATIVE_INFINITY;
  return async (url, fetchFromSmn) => {
    const found = known.get(url);
    if (found !== undefined && Math.abs(now() - found.fetchedAt) < MAX_AGE_MS) return found.fetched;
    if (Math.abs(now() - lastFetchAt) < MIN_INTERVAL_MS)
      return {
        kind: "unavailable",
        cause: new Error("another certificate was fetched less than a second ago"),
      };
    lastFetchAt = now();
    if (known.size >= MAX_CERTIFICATES) known.clear();
    const fetched = fetchCertificate(url, fetchFromSmn);
    known.set(url, { fetched, fetchedAt: lastFetchAt });
    if ((await fetched).kind === "unavailable") known.delete(url);
    return fetched;
  };
}

async function fetchCertificate(url: string, fetchFromSmn: FetchFromSmn): Promise<FetchedCertificate> {
  try {
    const { status, text } = await fetchFromSmn(url, { deadlineMs: FETCH_MS, maxBytes: MAX_BYTES });
    if (status !== 200) throw new Error(`SMN responded with the HTTP status ${status}`);
    return { kind: "certificate", certificate: new X509Certificate(text) };
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
}

/**
 * Confirms a subscription of SMN. The caller must check the host of the URL and the signature of the message before.
 * @throws Error if SMN did not confirm the subscription.
 */
export async function confirmSmnSubscription(url: string, fetchFromSmn: FetchFromSmn): Promise<void> {
  const { status } = await fetchFromSmn(url, { deadlineMs: FETCH_MS, maxBytes: MAX_BYTES });
  if (status < 200 || status > 299) throw new Error(`SMN responded with the HTTP status ${status}`);
}
