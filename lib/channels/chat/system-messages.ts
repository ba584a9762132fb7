import type { Instant } from "../../domain/job.ts";
import type { Story } from "./chat-message.ts";

const NOTHING_ELSE = {
  facts: [],
  summary: [],
  troubles: [],
  left: 0,
  warnings: [],
  links: [],
  footer: null,
};

/** A test-fire at the target called `name`. */
export function testStory(name: string, now: Instant): Story {
  return {
    ...NOTHING_ELSE,
    tone: "good",
    loud: false,
    headline: `✅ Test: notifications for ${name} arrive here`,
    summary: ["Somebody tested this target. No job has ended."],
    at: now,
  };
}

/** Another target said that it is gone, and is told nothing more. */
export function goneStory(goneName: string, since: Instant): Story {
  return {
    ...NOTHING_ELSE,
    tone: "bad",
    loud: false,
    headline: `⚠️ Target ${goneName} is gone: it is told nothing more`,
    summary: [
      "Its receiver says that this address no longer exists. Notifications to it are recorded as gone.",
      `Give it a new address in the config, then test it: POST /v1/targets/${goneName}/test`,
    ],
    at: since,
  };
}
