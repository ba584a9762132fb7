import type { SecretMask } from "../domain/secret-mask.ts";

const MAX_CHARACTERS = 200;

/**
 * Returns the first characters of a target's response as one line without control characters and without secrets, for
 * logs and pages. `isTruncated` is true if the service did not read the whole response.
 */
export function maskedAnswerExcerpt(
  { text, isTruncated }: { readonly text: string; readonly isTruncated: boolean },
  mask: SecretMask,
): string {
  // The mask comes first, because the mask finds a secret that control characters or line breaks split. A line break
  // becomes a space, so the mask would no longer find the secret after this step.
  const masked = mask(text);
  // A truncated response may end with the first part of a secret, and the mask finds only whole secrets. The last three
  // quarters of a truncated response are longer than any secret, and the excerpt does not need them.
  const line = masked
    .slice(0, isTruncated ? masked.length / 4 : undefined)
    .replace(/[\r\n\t\u2028\u2029]+/g, " ")
    .replace(/\p{C}/gu, "");
  return [...line.trim()].slice(0, MAX_CHARACTERS).join("");
}
