import "../domain/zod-messages.ts";
import type { JSONWebKeySet } from "jose";
import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";

/** A key that is not known makes an issuer's keys be read again, but not more often than this. */
const REREAD_MS = 30_000;
/** How long keys are used before they are read again: an issuer takes keys out, too. */
const FRESH_MS = 3_600_000;

/** Reads a document over the network. Throws when it cannot, or when the answer is not 200. */
export type FetchText = (url: string) => Promise<string>;

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).check(z.maxLength(100)) });

export interface IssuerKeys {
  /** The issuer's keys. `reread`: those known lack one, so they are read again unless that was just done. Throws. */
  read(issuer: string, reread: boolean): Promise<JSONWebKeySet>;
}

interface Entry {
  readonly readAt: Instant;
  readonly keys: Promise<JSONWebKeySet>;
}

/**
 * The signing keys of issuers, found by OpenID Connect Discovery 1.0 and kept per instance. Failures are kept like
 * keys are, so that a stranger's tokens cannot make this service call out more than once in 30 seconds.
 */
export function createIssuerKeys(fetchText: FetchText, now: () => Instant): IssuerKeys {
  const entries = new Map<string, Entry>();
  return {
    async read(issuer, reread) {
      const known = entries.get(issuer);
      const ageMs = known === undefined ? Number.POSITIVE_INFINITY : now() - known.readAt;
      if (known !== undefined && ageMs < (reread ? REREAD_MS : FRESH_MS)) return known.keys;
      const keys = discover(issuer, fetchText);
      entries.set(issuer, { readAt: now(), keys });
      keys.catch(() => {
        const failed = entries.get(issuer);
        if (failed?.keys === keys) entries.set(issuer, { readAt: now() - FRESH_MS + REREAD_MS, keys });
      });
      return keys;
    },
  };
}

async function discover(issuer: string, fetchText: FetchText): Promise<JSONWebKeySet> {
  const found = Discovery.parse(
    JSON.parse(await fetchText(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)),
  );
  if (found.issuer !== issuer) throw new Error("the discovery document is another issuer's");
  if (new URL(found.jwks_uri).origin !== new URL(issuer).origin)
    throw new Error("the issuer's keys lie at another origin");
  return KeySet.parse(JSON.parse(await fetchText(found.jwks_uri)));
}
