import { createHmac, timingSafeEqual } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { Instant, JobKey, WatchKey } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";

/** A page that the key in a link opens. The page is the status page of one watch or the list page of a project. */
export type LinkedPage =
  | ({ readonly kind: "watch" } & JobKey)
  | { readonly kind: "project"; readonly project: string };

const MAC_BYTES = 24;
const CALLER_BYTES = 9;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Creates the key of a link to a page. With the key, a reader can open one page without a token until the key expires.
 * The key consists of the expiry time, of a hash of the caller, and of an HMAC-SHA256 over the page, the hash and the
 * expiry time. The hash hides the name of the caller, because readers of a chat see the link. The function rounds
 * `expiresAt` up to a full hour, so all links to a page that expire in the same hour are equal.
 * @param caller the caller whose watch the page shows. Is empty for the list page of a project.
 */
export function createLinkKey(secret: Secret, page: LinkedPage, caller: string, expiresAt: Instant): string {
  const expiry = (Math.ceil(expiresAt / HOUR_MS) * HOUR_MS).toString(36);
  const hash = callerHash(secret, caller);
  return `${expiry}.${hash}.${mac(secret, page, hash, expiry).toString("base64url")}`;
}

/** What a valid key opens, and until when. */
export interface ReadLinkKey {
  readonly expiresAt: Instant;
  /** Returns true if the key opens the watch of this caller. */
  readonly opens: (caller: string) => boolean;
}

/** Reads a key that opens this page now. Returns null if the key is invalid or has expired. */
export function readLinkKey(secret: Secret, page: LinkedPage, key: string, now: Instant): ReadLinkKey | null {
  const parts = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{12})\.([A-Za-z0-9_-]{32})$/.exec(key)?.slice(1) ?? [];
  const [expiry, hash, given] = parts;
  if (expiry === undefined || hash === undefined || given === undefined) return null;
  if (!timingSafeEqual(mac(secret, page, hash, expiry), Buffer.from(given, "base64url"))) return null;
  const expiresAt = Number.parseInt(expiry, 36);
  return expiresAt > now ? { expiresAt, opens: (caller) => callerHash(secret, caller) === hash } : null;
}

export interface LinkOptions {
  readonly publicUrl: string;
  readonly linkKey: Secret | undefined;
  readonly linkDays: number;
  /**
   * The expiry time that replaces the setting `linkDays`. The links on a page expire at the same time as the link that
   * opened the page.
   */
  readonly expiresAt?: Instant;
}

/**
 * Returns the options for links to pages. The links start with the public URL from the config, or with the URL of the
 * API if the config has no public URL.
 */
export function createLinkOptions({ settings }: Config, defaultUrl: string): LinkOptions {
  const { publicUrl = defaultUrl.replace(/\/+$/, ""), linkKey, linkDays } = settings;
  return { publicUrl, linkKey, linkDays };
}

/**
 * Returns the URL of the status page of a watch with a link key, or null if the config has no `linkKey`. Chats keep the
 * URLs in old messages, so the format of the URL must not change.
 */
export function pageUrl(options: LinkOptions, watch: WatchKey, now: Instant): string | null {
  const path = `/jobs/${encodeURIComponent(watch.project)}/${encodeURIComponent(watch.jobId)}?`;
  const { project, jobId, caller } = watch;
  return urlWithKey(options, path, { kind: "watch", project, jobId }, caller, now);
}

/** Returns the URL of the list page of a project with a link key, or null if the config has no `linkKey`. */
export function listPageUrl(options: LinkOptions, project: string, now: Instant): string | null {
  const path = `/jobs?project=${encodeURIComponent(project)}&`;
  return urlWithKey(options, path, { kind: "project", project }, "", now);
}

function urlWithKey(
  options: LinkOptions,
  path: string,
  page: LinkedPage,
  caller: string,
  now: Instant,
): string | null {
  const { publicUrl, linkKey, linkDays, expiresAt = now + linkDays * DAY_MS } = options;
  return linkKey === undefined
    ? null
    : `${publicUrl}${path}key=${createLinkKey(linkKey, page, caller, expiresAt)}`;
}

/** Returns the API URL of the status document of a job. */
export function statusUrl(publicUrl: string, { project, jobId }: JobKey): string {
  return `${publicUrl}/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`;
}

function callerHash(secret: Secret, caller: string): string {
  const hash = createHmac("sha256", secret.reveal())
    .update(JSON.stringify(["link caller", caller]))
    .digest();
  return hash.subarray(0, CALLER_BYTES).toString("base64url");
}

function mac(secret: Secret, page: LinkedPage, hash: string, expiry: string): Buffer {
  const jobId = page.kind === "watch" ? page.jobId : "";
  const signed = JSON.stringify(["page link", page.kind, page.project, jobId, hash, expiry]);
  return createHmac("sha256", secret.reveal()).update(signed).digest().subarray(0, MAC_BYTES);
}
