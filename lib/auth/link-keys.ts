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

export interface LinkOptions {
  readonly publicUrl: string;
  /**
   * The secrets of the operator that sign the links. The first element of `linkKeys` signs new links. A link opens its
   * page if one of the `linkKeys` has signed the link.
   */
  readonly linkKeys: readonly Secret[];
  /** The longest time for which a link opens its page, in days. */
  readonly linkDays: number;
  /**
   * The setting `linkVersion` of each project. A new version revokes all links of the project. A project that is
   * missing in `linkVersions` has no links, because a wrong version could make revoked links valid again.
   */
  readonly linkVersions: Readonly<Record<string, number>>;
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
export function createLinkOptions(
  { settings, projects }: Pick<Config, "settings" | "projects">,
  defaultUrl: string,
): LinkOptions {
  const { publicUrl = defaultUrl.replace(/\/$/, ""), linkKeys, linkDays } = settings;
  const versions = Object.entries(projects).map(([name, { linkVersion }]) => [name, linkVersion] as const);
  return { publicUrl, linkKeys, linkDays, linkVersions: Object.fromEntries(versions) };
}

/**
 * Creates the key of a link to a page. With the key, a reader can open one page without a token until the key expires.
 * The key of a link consists of the expiry time, of a hash of the caller, and of an HMAC-SHA256 over the page, the hash
 * and the expiry time. The hash hides the name of the caller, because readers of a chat see the link. The expiry time
 * is `earliestExpiry`, rounded up to a full hour, so all links to a page that expire in the same hour are equal.
 * @param caller the caller whose watch the page shows. `caller` is empty for the list page of a project.
 * @returns null if there is no link key, or if the config does not contain the project
 */
export function createLinkKey(
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

/** The page that a valid key opens, and the time when the key expires. */
interface VerifiedLinkKey {
  readonly expiresAt: Instant;
  /** Returns true if the key opens the watch of the given caller. */
  readonly opens: (caller: string) => boolean;
}

/**
 * Reads a link key and checks whether the key opens this page now. Returns null if the key is invalid, has expired, or
 * expires later than any key that the service makes now.
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
 * Returns the URL of the status page of a watch with a link key, or null if the config has no `linkKeys`. Chats keep
 * the URLs in old messages, so the format of the URL must not change.
 */
export function createJobPageUrl(options: LinkOptions, watch: WatchKey, now: Instant): string | null {
  const path = `/jobs/${encodeURIComponent(watch.project)}/${encodeURIComponent(watch.jobId)}?`;
  const { project, jobId, caller } = watch;
  return urlWithKey(options, path, { kind: "watch", project, jobId }, caller, now);
}

/** Returns the URL of the list page of a project with a link key, or null if the config has no `linkKeys`. */
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
  const key = createLinkKey(options, page, caller, expiresAt);
  return key === null ? null : `${publicUrl}${path}key=${key}`;
}

/** Returns the API URL of the status document of a job. */
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
