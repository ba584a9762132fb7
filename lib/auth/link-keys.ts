import { createHmac, timingSafeEqual } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { Instant, JobKey, WatchKey } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";

/** The page that a link opens: the status page of a watch, or the page with all jobs of a project. */
export type LinkedPage =
  | ({ readonly kind: "watch" } & JobKey)
  | { readonly kind: "project"; readonly project: string };

const MAC_BYTES = 24;
const CALLER_BYTES = 9;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface LinkOptions {
  readonly publicUrl: string;
  /**
   * The secrets with which the service signs links. The service signs new links with the first secret. The service
   * accepts a link if it was signed with any of the secrets.
   */
  readonly linkKeys: readonly Secret[];
  /** The maximum number of days for which a link is valid. */
  readonly linkDays: number;
  /**
   * The setting `linkVersion` of each project. If an operator changes `linkVersion`, all earlier links to pages of the
   * project become invalid. If `linkVersions` does not contain a project, the service creates no links for the project.
   * A wrong number could make links valid again that an operator has made invalid.
   */
  readonly linkVersions: Readonly<Record<string, number>>;
  /**
   * The time at which new links expire. Without `expiresAt`, new links expire after `linkDays` days. For links on a
   * page, `expiresAt` is the time at which the link to the page expires.
   */
  readonly expiresAt?: Instant;
}

/**
 * Returns the options with which the service creates links to pages. A link begins with the setting `publicUrl`. If the
 * config contains no `publicUrl`, a link begins with the URL of the API.
 */
export function createSignedPageLinkOptions(
  { settings, projects }: Pick<Config, "settings" | "projects">,
  defaultUrl: string,
): LinkOptions {
  const { publicUrl = defaultUrl.replace(/\/$/, ""), linkKeys, linkDays } = settings;
  const versions = Object.entries(projects).map(([name, { linkVersion }]) => [name, linkVersion] as const);
  return { publicUrl, linkKeys, linkDays, linkVersions: Object.fromEntries(versions) };
}

/**
 * Creates the link key in the URL of a page. A reader who has a link key needs no token until the key expires. A link
 * key contains the expiry time, a hash of the caller's name, and an HMAC-SHA256. The HMAC protects the expiry time, the
 * hash and the page. Because of the hash, the readers of a chat do not see the caller's name. The function rounds the
 * expiry time up to a full hour, so that links to the same page from the same hour are equal.
 * @param caller the name of the watch's caller, or empty for the page with all jobs of a project.
 * @returns null if the config contains no link key or not this project
 */
export function createLinkKeyExpiringOnFullHour(
  { linkKeys: [secret], linkVersions }: LinkOptions,
  page: LinkedPage,
  caller: string,
  earliestExpiry: Instant,
): string | null {
  if (secret === undefined || !Object.hasOwn(linkVersions, page.project)) return null;
  const expiry = (Math.ceil(earliestExpiry / HOUR_MS) * HOUR_MS).toString(36);
  const hash = callerHash(secret, caller);
  return `${expiry}.${hash}.${mac(secret, page, linkVersions, hash, expiry).toString("base64url")}`;
}

/** The content of a valid link key: which page it opens and when it expires. */
interface VerifiedLinkKey {
  readonly expiresAt: Instant;
  /** Returns true if the link key opens the watch of this caller. */
  readonly opens: (caller: string) => boolean;
}

/**
 * Checks whether a link key opens a page at the current time. If the key is wrong or has expired, the result is null.
 * The result is also null if the key expires more than `linkDays` days in the future.
 */
export function verifyLinkKey(
  { linkKeys, linkDays, linkVersions }: LinkOptions,
  page: LinkedPage,
  key: string,
  now: Instant,
): VerifiedLinkKey | null {
  const match = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{12})\.([A-Za-z0-9_-]{32})$/.exec(key);
  if (match === null || !Object.hasOwn(linkVersions, page.project)) return null;
  const [, expiry = "", hash = "", given = ""] = match;
  const expiresAt = Number.parseInt(expiry, 36);
  if (expiresAt <= now || expiresAt > now + linkDays * DAY_MS + HOUR_MS) return null;
  const givenMac = Buffer.from(given, "base64url");
  const secret = linkKeys.find((one) =>
    timingSafeEqual(mac(one, page, linkVersions, hash, expiry), givenMac),
  );
  return secret === undefined ? null : { expiresAt, opens: (caller) => callerHash(secret, caller) === hash };
}

/**
 * Returns the URL of the status page of a watch. If the config contains no `linkKeys`, the result is null. The format
 * of this URL must stay the same, because chats contain old URLs.
 */
export function createSignedJobPageUrlOrNull(
  options: LinkOptions,
  watch: WatchKey,
  now: Instant,
): string | null {
  const path = `/jobs/${encodeURIComponent(watch.project)}/${encodeURIComponent(watch.jobId)}?`;
  const { project, jobId, caller } = watch;
  return urlWithKey(options, path, { kind: "watch", project, jobId }, caller, now);
}

/** Returns the URL of the page with all jobs of a project. If the config contains no `linkKeys`, the result is null. */
export function createSignedJobListUrlOrNull(
  options: LinkOptions,
  project: string,
  now: Instant,
): string | null {
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
  const { publicUrl, linkDays, expiresAt = now + linkDays * DAY_MS } = options;
  const key = createLinkKeyExpiringOnFullHour(options, page, caller, expiresAt);
  return key === null ? null : `${publicUrl}${path}key=${key}`;
}

/** Returns the URL at which the API returns the status of a job. */
export function createStatusDocumentUrl(publicUrl: string, { project, jobId }: JobKey): string {
  return `${publicUrl}/v1/jobs/${encodeURIComponent(project)}/${encodeURIComponent(jobId)}`;
}

function callerHash(secret: Secret, caller: string): string {
  const hash = createHmac("sha256", secret.reveal())
    .update(JSON.stringify(["link caller", caller]))
    .digest();
  return hash.subarray(0, CALLER_BYTES).toString("base64url");
}

function mac(
  secret: Secret,
  page: LinkedPage,
  linkVersions: LinkOptions["linkVersions"],
  hash: string,
  expiry: string,
): Buffer {
  const jobId = page.kind === "watch" ? page.jobId : "";
  const version = linkVersions[page.project];
  const signed = JSON.stringify(["page link", page.kind, page.project, version, jobId, hash, expiry]);
  return createHmac("sha256", secret.reveal()).update(signed).digest().subarray(0, MAC_BYTES);
}
