import type { Target } from "./targets.ts";

const MASK = "<secret>";

/** How much of an answer is kept. */
const KEPT_CHARACTERS = 200;

/** Parts of a URL shorter than this are words such as `hook`; hiding them alone would hide half of any answer. */
const SHORTEST_PART = 8;

/** Shorter header values are flags. Secrets proper are masked at any length. */
const SHORTEST_VALUE = 4;

/**
 * The beginning of an answer, fit for logs and pages: one line without control characters, in which the target's
 * URL, its path, their telling parts, its secrets and its header values are masked, also where the receiver
 * echoes them escaped for JSON, HTML or a URL. `cut`: reading stopped before the answer's end.
 */
export function maskAnswer(answer: string, target: Target, cut: boolean): string {
  // Taken out first: an echo with control characters in between must not come together again behind the mask.
  const line = answer.replace(/[\r\n\t]+/g, " ").replace(/\p{C}/gu, "");
  const longestFirst = [...new Set(secretsOf(target).flatMap(spellings))].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(literally).join("|"), "gi");
  const masked = line.replace(pattern, MASK);
  // Where reading stopped, the beginning of a secret may stand, too short to be known as one.
  const whole = cut ? masked.slice(0, -(longestFirst[0]?.length ?? 0)) : masked;
  return [...whole.trim()].slice(0, KEPT_CHARACTERS).join("");
}

/** For a pattern that matches the text itself. */
const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

function secretsOf(target: Target): string[] {
  return [...partsOf(target.url.reveal()), ...keysOf(target)].filter((secret) => secret !== "");
}

function keysOf(target: Target): string[] {
  switch (target.kind) {
    case "webhook":
      return [
        ...target.secrets.flatMap((secret) => [secret.reveal(), secret.reveal().replace(/^whsec_/, "")]),
        ...Object.values(target.headers)
          .map((value) => value.reveal().trim())
          .flatMap((value) => [value, ...value.split(/\s+/)])
          .filter((value) => value.length >= SHORTEST_VALUE),
      ];
    case "feishu":
    case "dingtalk":
      return target.secret === undefined ? [] : [target.secret.reveal()];
    case "slack":
    case "wecom":
    case "teams":
    case "discord":
      return [];
    default:
      return target satisfies never;
  }
}

function partsOf(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) return [text];
  const whole = [text, url.href, `${url.pathname}${url.search}`, url.pathname, url.search.slice(1)];
  const parts = [...url.pathname.split("/"), ...url.searchParams.values()];
  return [
    ...whole.filter((part) => part.length > 1),
    ...parts.filter((part) => part.length >= SHORTEST_PART),
  ];
}

function spellings(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return [secret, json, json.replaceAll("/", "\\/"), html, encodeURIComponent(secret), decoded(secret)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
