const MASK = "<secret>";

/** The mask hides only secrets with at least 4 characters. A shorter secret could be a part of an ordinary word. */
const MIN_SECRET_CHARACTERS = 4;
/** The minimum length of an encoded secret that the mask hides. A shorter base64 text looks like an ordinary word. */
const MIN_ENCODED_CHARACTERS = 8;

/**
 * The maximum number of times that the mask decodes the same text. A text can be encoded several times, for example if
 * a server encodes an encoded URL again.
 */
const MAX_DECODINGS = 3;

/**
 * A secret can appear in a text in several forms, for example percent-encoded. The mask uses one regular expression for
 * up to `MAX_PATTERN_SPELLINGS` forms. With more forms, a regular expression would be slower than the code without it.
 */
const MAX_PATTERN_SPELLINGS = 200;

/**
 * Matches one encoded character of HTML, or several percent-encoded bytes. The semicolon may be missing, because
 * browsers also read `&lt` as `<`.
 */
const WEB_ENCODED = /&(?:#\d+|#x[0-9a-f]+|amp|lt|gt|quot|apos);?|(?:%[0-9a-f]{2})+/gi;
const JSON_ESCAPE = /\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}|\\["\\/bfnrt]/gi;
/**
 * Matches an encoded character of JSON, HTML or a URL. A secret may contain a backslash or a percent sign itself.
 * Therefore, the mask also searches in a copy of the text where only the characters of JSON are decoded, and in a copy
 * where only the characters of HTML and URLs are decoded.
 */
const ENCODED = new RegExp(`${JSON_ESCAPE.source}|${WEB_ENCODED.source}`, "gi");
const JSON_ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const HTML_ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Matches control characters, invisible characters, and a line break with the spaces after it. */
const INVISIBLE = /[\r\n\u2028\u2029][\r\n\u2028\u2029\t ]*|[\p{C}\p{DI}]+/gu;

/** Matches text that the mask does not need to decode: it has no encoded, control or invisible characters. */
const PLAIN = /^[\w .:;,/@=()[\]{}|#*~!?"'<>$^`-]*$/;

/**
 * A decoded copy of a string without invisible characters. The view contains the position of each code unit in the
 * original string.
 */
interface View {
  readonly text: string;
  readonly startOffsets: readonly number[];
  readonly endOffsets: readonly number[];
}

/** Replaces each secret in the text by `<secret>`. */
export type SecretMask = (text: string) => string;

/**
 * Creates a mask that replaces each text of `secrets` by `<secret>`, in upper or lower case. The mask also finds these
 * forms of a secret:
 * - encoded for JSON, HTML, a URL or a form, even if only some characters are encoded or the text is encoded twice;
 * - encoded in base64, base64url or hexadecimal, also as a part of a longer encoded text;
 * - with line breaks, control characters or invisible characters inside the secret.
 *
 * Mask text before you truncate it, because the mask finds only whole secrets.
 */
export function createSecretMask(secrets: Iterable<string>): SecretMask {
  const distinct = [...new Set(secrets)];
  const spellings = new Set(distinct.flatMap(spellingsOf));
  if (spellings.size === 0) return (text) => text;
  // Long secrets come first. If a short secret came first, the mask could hide only the beginning of a longer secret.
  const longestFirst = [...spellings].sort((a, b) => b.length - a.length);
  const plainPattern =
    longestFirst.length > MAX_PATTERN_SPELLINGS
      ? null
      : new RegExp(longestFirst.map(patternOf).join("|"), "i");
  // A line break may be inside a word of a secret, or in place of a space between its words.
  const linesJoinedBy = distinct.some((secret) => secret.trim().includes(" ")) ? ["", " "] : [""];
  const byPrefix = Map.groupBy(longestFirst, (spelling) => spelling.slice(0, MIN_SECRET_CHARACTERS));
  return (text) => {
    if (text.length < MIN_SECRET_CHARACTERS) return text;
    if (plainPattern !== null && PLAIN.test(text) && !plainPattern.test(text)) return text;
    const isSecret = new Uint8Array(text.length);
    for (const encoded of text.includes("\\") ? [ENCODED, WEB_ENCODED, JSON_ESCAPE] : [ENCODED])
      for (const joint of linesJoinedBy)
        for (const view of decodedViewsOf(text, encoded, joint)) markSecrets(view, byPrefix, isSecret);
    return replaceMarked(text, isSecret);
  };
}

/** Yields the text without invisible characters and with `joint` for each line break, then decoded once and more. */
function* decodedViewsOf(text: string, encoded: RegExp, joint = ""): Generator<View> {
  let view = withoutInvisible(viewOf(text), joint);
  for (let decodings = 0; ; decodings += 1) {
    yield view;
    const decoded = withoutInvisible(replaceEach(view, encoded, decodeCharacters), joint);
    if (decoded.text === view.text || decodings === MAX_DECODINGS) return;
    view = decoded;
  }
}

/** Returns all spellings of a secret: unchanged, in hexadecimal and in base64. */
function spellingsOf(secret: string): string[] {
  const trimmed = secret.trim();
  if (trimmed.length < MIN_SECRET_CHARACTERS) return [];
  const bytes = Buffer.from(trimmed);
  const base64 = [0, 1, 2].map((bytesBefore) => {
    const encoded = Buffer.concat([Buffer.alloc(bytesBefore), bytes]).toString("base64url");
    // Inside a longer base64 text, the first and last characters of a secret may also encode other bytes. The function
    // therefore removes the first and last characters.
    return encoded.slice(
      Math.ceil((bytesBefore * 8) / 6),
      Math.floor(((bytesBefore + bytes.length) * 8) / 6),
    );
  });
  const encoded = [bytes.toString("hex"), ...base64].filter((text) => text.length >= MIN_ENCODED_CHARACTERS);
  // The mask decodes texts before it searches for secrets. If a secret contains `%41`, the mask must search for the
  // decoded secret.
  const decoded = PLAIN.test(trimmed)
    ? [trimmed]
    : [...decodedViewsOf(trimmed, ENCODED)].map((view) => view.text);
  const views = [...decoded, trimmed.replace(/ +/g, " "), trimmed.replace(/\s+/g, "")];
  return [...views.filter((text) => text.length >= MIN_SECRET_CHARACTERS), ...encoded].map(normalize);
}

/**
 * Replaces characters so that equivalent spellings become equal, for example upper and lower case, or base64 and
 * base64url. The length of the text does not change.
 */
function normalize(text: string): string {
  const lowerCase = text.replace(/\p{Lu}/gu, (letter) => {
    const lower = letter.toLowerCase();
    return lower.length === letter.length ? lower : letter;
  });
  return lowerCase.replace(/[+ ]/g, "-").replaceAll("/", "_");
}

/** Converts a spelling to a regular expression, which finds the spelling even in text that is not normalized. */
const patternOf = (spelling: string): string =>
  spelling
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replaceAll("-", "[-+ ]")
    .replaceAll("_", "[_/]");

const viewOf = (text: string): View => ({
  text,
  startOffsets: Array.from({ length: text.length }, (_, index) => index),
  endOffsets: Array.from({ length: text.length }, (_, index) => index + 1),
});

const withoutInvisible = (view: View, joint: string): View =>
  replaceEach(view, INVISIBLE, (match) =>
    /[\r\n\u2028\u2029]/.test(match) ? [{ character: joint, from: 0, to: match.length }] : [],
  );

/** A decoded character, with its start and its end in the encoded text. */
interface Replacement {
  readonly character: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Replaces all matches of a pattern in a view. For each new character, the view contains the position of the replaced
 * text.
 */
function replaceEach(view: View, pattern: RegExp, replace: (match: string) => readonly Replacement[]): View {
  let text = "";
  const startOffsets: number[] = [];
  const endOffsets: number[] = [];
  let copied = 0;
  const copyUntil = (end: number) => {
    text += view.text.slice(copied, end);
    for (let index = copied; index < end; index += 1) {
      startOffsets.push(view.startOffsets[index] ?? 0);
      endOffsets.push(view.endOffsets[index] ?? 0);
    }
  };
  for (const { 0: match, index } of view.text.matchAll(pattern)) {
    copyUntil(index);
    copied = index + match.length;
    for (const { character, from, to } of replace(match)) {
      text += character;
      for (let unit = 0; unit < character.length; unit += 1) {
        startOffsets.push(view.startOffsets[index + from] ?? 0);
        endOffsets.push(view.endOffsets[index + to - 1] ?? 0);
      }
    }
  }
  copyUntil(view.text.length);
  return { text, startOffsets, endOffsets };
}

/** Decodes a match of the regular expression `ENCODED`. */
function decodeCharacters(match: string): Replacement[] {
  if (match.startsWith("%")) return decodePercent(match);
  const character = match.startsWith("&") ? decodeEntity(match) : decodeEscape(match);
  return [{ character, from: 0, to: match.length }];
}

function decodePercent(match: string): Replacement[] {
  const bytes = Buffer.from(match.replaceAll("%", ""), "hex");
  const text = bytes.toString("utf8");
  const isUtf8 = Buffer.from(text).equals(bytes);
  let from = 0;
  return Array.from(isUtf8 ? text : bytes.toString("latin1"), (character) => {
    const to = from + "%41".length * (isUtf8 ? Buffer.byteLength(character) : 1);
    const replacement = { character, from, to };
    from = to;
    return replacement;
  });
}

function decodeEntity(match: string): string {
  const name = match.replace(/[&;]/g, "").toLowerCase();
  if (!name.startsWith("#")) return HTML_ENTITIES[name] ?? match;
  const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : match;
}

function decodeEscape(match: string): string {
  if (!/^\\u/i.test(match)) return JSON_ESCAPES[match.slice(1).toLowerCase()] ?? match.slice(1);
  return match.replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/**
 * Sets `isSecret` to 1 at the positions of all secrets. `isSecret` has one element for each code unit of the original
 * text.
 */
function markSecrets(
  view: View,
  byPrefix: ReadonlyMap<string, readonly string[]>,
  isSecret: Uint8Array,
): void {
  const text = normalize(view.text);
  for (let index = 0; index + MIN_SECRET_CHARACTERS <= text.length; index += 1) {
    const found = byPrefix
      .get(text.slice(index, index + MIN_SECRET_CHARACTERS))
      ?.find((spelling) => text.startsWith(spelling, index));
    if (found !== undefined)
      isSecret.fill(1, view.startOffsets[index], view.endOffsets[index + found.length - 1]);
  }
}

function replaceMarked(text: string, isSecret: Uint8Array): string {
  let result = "";
  for (let index = 0; index < text.length; index += 1) {
    if (isSecret[index] === 0) result += text[index];
    else if (isSecret[index - 1] !== 1) result += MASK;
  }
  return result;
}
