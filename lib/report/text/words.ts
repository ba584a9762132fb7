/** Words that every dialect uses alike. */
export const WORDS = {
  noReason: "The cloud gives no reason.",
  readMore: "Read more",
  hintIcon: "💡",
  warningIcon: "⚠️",
} as const;
