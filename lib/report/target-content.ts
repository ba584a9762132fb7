import type { Instant } from "../job.ts";
import type { Content } from "./content.ts";
import { moment } from "./words.ts";

const PLAIN = {
  outcome: null,
  urgent: false,
  facts: [],
  summary: null,
  details: [],
  firstDetails: 0,
  notes: [],
  links: [],
} as const;

/** What a target's test shows. */
export function testContent(name: string, now: Instant): Content {
  return {
    ...PLAIN,
    headline: `👋 Test · target ${name} can be reached`,
    notes: ["Notices about CCE jobs will look like this one: a headline, then what is known."],
    footer: moment(new Date(now).toISOString()),
  };
}

/** What the fallback target is told when another is gone. */
export function targetGoneContent(name: string, since: Instant): Content {
  return {
    ...PLAIN,
    headline: `🔕 Target gone · ${name} takes no more notices`,
    notes: [
      "Its receiver said that the address is gone for good. Notices to it are recorded as gone, not sent.",
      `Mend its URL in the config, then test it (POST /v1/targets/${name}/test): a test that arrives switches it on again.`,
    ],
    footer: `Since ${moment(new Date(since).toISOString())}`,
  };
}
