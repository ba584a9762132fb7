import type { Outcome } from "../../domain/job.ts";
import type { Tone } from "./chat-message.ts";

/** How an outcome polls in a chat. */
export interface Face {
  readonly icon: string;
  readonly word: string;
  readonly tone: Tone;
}

export function faceOf(outcome: Outcome): Face {
  switch (outcome) {
    case "succeeded":
      return { icon: "✅", word: "Succeeded", tone: "good" };
    case "failed":
      return { icon: "❌", word: "Failed", tone: "bad" };
    case "timed_out":
      return { icon: "⏰", word: "Timed out", tone: "doubtful" };
    case "lost":
      return { icon: "❓", word: "Lost", tone: "doubtful" };
    default:
      return outcome satisfies never;
  }
}
