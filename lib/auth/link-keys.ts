import { createHmac, timingSafeEqual } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { Instant, WatchKey } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";

/** A page that a link key opens: the page of one watch, or the list page of a project. */
export type LinkedPage =
  | ({ readonly kind: "watch" } & WatchKey)
  | { readonly kind: "project"; readonly project: string };

const MAC_BYTES = 24;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Creates the key of a link. The key opens one page without a token until it expires. It consists of the expiry and an
 * HMAC-SHA256 over the page and the expiry. `expiresAt` is rounded up to a whole hour, so links of the same hour are
 * equal.
 */
export function createLinkKey(secret: Secret, page: LinkedPage, expiresAt: Instant): string {
  const expiry = (Math.ceil(expiresAt / HOUR_MS) * HOUR_MS).toString(36);
  return `${expiry}.${mac(secret, page, expiry).toString("base64url")}`;
}

/** Returns the expiry of a key that opens this page now. Returns null for any other key. */
export function readLinkKey(secret: Secret, page: LinkedPage, key: string, now: Instant): Instant | null {
  const [expiry, given] = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{32})$/.exec(key)?.slice(1) ?? [];
  if (expiry === undefined || given === undefined) return null;
  if (!timingSafeEqual(mac(secret, page, expiry), Buffer.from(given, "base64url"))) return null;
  const expiresAt = Number.parseInt(expiry, 36);
  return expiresAt > now ? expiresAt : null;
}

export interface LinkOptions {
  readonly publicUrl: string;
  readonly linkKey: Secret | undefined;
  readonly linkDays: number;
  /** Replaces `linkDays`. The links on a page expire together with the link that opened the page. */
  readonly expiresAt?: Instant;
}

/** Returns options for links with the operator's public URL, or with the API's own address when there is none. */
export function linkOptions({ settings }: Config, defaultUrl: string): LinkOptions {
  const { publicUrl = defaultUrl.replace(/\/+$/, ""), linkKey, linkDays } = settings;
  return { publicUrl, linkKey, linkDays };
}

/** The URL of a watch's page with its key, or null without a `linkKey`. Chats keep these URLs, so old ones must work. */
export function pageUrl(options: LinkOptions, watch: WatchKey, now: Instant): string | null {
  const path = `/jobs/${encodeURIComponent(watch.project)}/${encodeURIComponent(watch.jobId)}?`;
  return urlWithKey(options, path, { kind: "watch", ...watch }, now);
}

/** The URL of a project's list page with its key, or null without a `linkKey`. */
export function listPageUrl(options: LinkOptions, project: string, now: Instant): string | null {
  const path = `/jobs?project=${encodeURIComponent(project)}&`;
  return urlWithKey(options, path, { kind: "project", project }, now);
}

function urlWithKey(options: LinkOptions, path: string, page: LinkedPage, now: Instant): string | null {
  const { publicUrl, linkKey, linkDays, expiresAt = now + linkDays * DAY_MS } = options;
  return linkKey === undefined ? null : `${publicUrl}${path}key=${createLinkKey(linkKey, page, expiresAt)}`;
}

/** The URL of a watch's status document in the API. */
export function statusUrl(publicUrl: string, { project, jobId }: WatchKey): string {
  return `${publicUrl}/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`;
}

function mac(secret: Secret, page: LinkedPage, expiry: string): Buffer {
  const jobId = page.kind === "watch" ? page.jobId : "";
  const signed = JSON.stringify(["page link", page.kind, page.project, jobId, expiry]);
  return createHmac("sha256", secret.reveal()).update(signed).digest().subarray(0, MAC_BYTES);
}
