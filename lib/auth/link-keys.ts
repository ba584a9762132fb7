import { createHmac, timingSafeEqual } from "node:crypto";
import type { Instant, WatchKey } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";

/** What a link opens: the page of one watch, or the list of a project's watches. */
export type LinkSubject =
  | ({ readonly kind: "watch" } & WatchKey)
  | { readonly kind: "project"; readonly project: string };

const MAC_BYTES = 24;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The key of a page's link: its expiry and an HMAC-SHA256 over what it opens and that expiry. It opens one page
 * without a token and cannot be guessed. `expiresAt` is rounded up to a whole hour, so that links made one after
 * the other are the same.
 */
export function linkKey(secret: Secret, subject: LinkSubject, expiresAt: Instant): string {
  const expiry = (Math.ceil(expiresAt / HOUR_MS) * HOUR_MS).toString(36);
  return `${expiry}.${mac(secret, subject, expiry).toString("base64url")}`;
}

/** Whether a key opens this subject now. Compared in constant time. */
export function checkLinkKey(
  secret: Secret,
  subject: LinkSubject,
  key: string,
  now: Instant,
): "valid" | "expired" | "invalid" {
  const [expiry, given] = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{32})$/.exec(key)?.slice(1) ?? [];
  if (expiry === undefined || given === undefined) return "invalid";
  if (!timingSafeEqual(mac(secret, subject, expiry), Buffer.from(given, "base64url"))) return "invalid";
  return Number.parseInt(expiry, 36) > now ? "valid" : "expired";
}

/** When a key ends by its own word, which `checkLinkKey` must have found true. */
export function expiryOfLinkKey(key: string): Instant {
  return Number.parseInt(key, 36);
}

export interface LinkMaker {
  readonly publicUrl: string;
  readonly linkKey: Secret | undefined;
  readonly linkDays: number;
  /** When links end, instead of so many days from now: those on a page end with the link that opened it. */
  readonly until?: Instant;
}

/** The address of a watch's page, key included; null without a `linkKey`. Fragile to change: links are kept in chats. */
export function pageUrl(maker: LinkMaker, watch: WatchKey, now: Instant): string | null {
  if (maker.linkKey === undefined) return null;
  const key = linkKey(maker.linkKey, { kind: "watch", ...watch }, endOf(maker, now));
  return `${maker.publicUrl}/jobs/${encodeURIComponent(watch.project)}/${encodeURIComponent(watch.jobId)}?key=${key}`;
}

/** The address of the list of a project's watches, key included; null without a `linkKey`. */
export function listUrl(maker: LinkMaker, project: string, now: Instant): string | null {
  if (maker.linkKey === undefined) return null;
  const key = linkKey(maker.linkKey, { kind: "project", project }, endOf(maker, now));
  return `${maker.publicUrl}/jobs?project=${encodeURIComponent(project)}&key=${key}`;
}

/** The address of a watch in the API. */
export function statusUrl(publicUrl: string, { project, jobId }: WatchKey): string {
  return `${publicUrl}/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`;
}

function endOf({ until, linkDays }: LinkMaker, now: Instant): Instant {
  return until ?? now + linkDays * DAY_MS;
}

function mac(secret: Secret, subject: LinkSubject, expiry: string): Buffer {
  const parts = [
    "page link",
    subject.kind,
    subject.project,
    subject.kind === "watch" ? subject.jobId : "",
    expiry,
  ];
  return createHmac("sha256", secret.reveal()).update(JSON.stringify(parts)).digest().subarray(0, MAC_BYTES);
}
