import { createHmac, timingSafeEqual } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { Instant, JobKey, WatchKey } from "../domain/job.ts";
import type { Secret } from "../domain/secret.ts";

/** A page that a link opens: the status page of a watch, or the list page of a project. */
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
   * The secrets that sign links. The first secret signs new links. A link with a signature of any link key opens its
   * page.
   */
  readonly linkKeys: readonly Secret[];
  /** The longest validity of a link, in days. */
  readonly linkDays: number;
  /**
   * `linkVersion` of each project. A new `linkVersion` revokes all earlier links to pages of the project. A project
   * without a `linkVersion` here has no links. A wrong version could make revoked links valid again.
   */
  readonly linkVersions: Readonly<Record<string, number>>;
  /**
   * The expiry time of the link. This time replaces the setting `linkDays`. Links on a page expire together with the
   * link that opened the page.
   */
  readonly expiresAt?: Instant;
}

/**
 * Returns the options for links to pages. The links begin with the public URL in the config, else with the URL of the
 * API.
 */
export function createLinkOptions(
  { settings, projects }: Pick<Config, "settings" | "projects">,
  defaultUrl: string,
): LinkOptions {
  const { publicUrl = defaultUrl.replace(/\/$/, ""), linkKeys, linkDays } = settings;
  const versions = Object.entries(projects).map(([name, { linkVersion }]) => [name, linkVersion] as const);
  return { publicUrl, linkKeys, linkDays, linkVersions: Object.fromEntries(versions) };
}

/**
 * Creates the key of a link to a page. With this key, a reader needs no token until the key expires. The key consists
 * of the expiry time, a hash of the caller, and an HMAC-SHA256 over both and the page. The hash hides the caller's name
 * from the readers of a chat. The expiry time is rounded up to a full hour, so that links of the same hour are equal.
 * @param caller the owner of the watch, or empty for the list page.
 * @returns null if the config has no link key or does not contain the project
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

/** The page that a valid key opens, and the expiry time of the key. */
interface VerifiedLinkKey {
  readonly expiresAt: Instant;
  /** Returns true if the key opens the watch of this caller. */
  readonly opens: (caller: string) => boolean;
}

/**
 * Checks whether a key opens this page now. The result is null if the key is invalid or has expired, or if its validity
 * is longer than the config allows.
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
 * Returns the URL of the status page of a watch, or null if the config has no `linkKeys`. The format of the URL must
 * not change, because chats contain old URLs.
 */
export function createJobPageUrl(options: LinkOptions, watch: WatchKey, now: Instant): string | null {
  const path = `/jobs/${encodeURIComponent(watch.project)}/${encodeURIComponent(watch.jobId)}?`;
  const { project, jobId, caller } = watch;
  return urlWithKey(options, path, { kind: "watch", project, jobId }, caller, now);
}

/** Returns the URL of the list page of a project, or null if the config has no `linkKeys`. */
export function createListPageUrl(options: LinkOptions, project: string, now: Instant): string | null {
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

/** Returns the API URL of a job's status. */
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
