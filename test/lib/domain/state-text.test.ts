import { OUTCOMES, WATCH_STATES } from "../../../lib/domain/job.ts";
import {
  describeState,
  isExplainedByReasonNotCauses,
  lowerCaseFirstLetter,
  STATE_TEXTS,
} from "../../../lib/domain/state-text.ts";
import { textsOfLanguage } from "../../../lib/domain/texts.ts";

it.each(OUTCOMES)("pages and the command use the word of the chats for the outcome %s", (outcome) => {
  expect(STATE_TEXTS[outcome]).toBe(textsOfLanguage("en")[`outcome.${outcome}`]);
});

it.each([
  ["watching", false, undefined, "Waiting for the cloud"],
  ["watching", true, undefined, "Running"],
  ["watching", true, "pending", "Succeeded, waiting until ready"],
  ["watching", false, "pending", "Succeeded, waiting until ready"],
  ["timed_out", false, "unknown", "Timed out"],
] as const)(
  "the state %s of a job that was observed (%s), ready %s, is %s",
  (state, wasObserved, ready, text) => {
    expect(describeState(state, wasObserved, ready && { state: ready })).toBe(text);
  },
);

it("inside a line the first letter of a state is small", () => {
  expect(lowerCaseFirstLetter(STATE_TEXTS.not_ready)).toBe("not ready");
});

it("only a job that did not become ready in time, timed out or is lost has a reason in place of causes", () => {
  expect(WATCH_STATES.filter(isExplainedByReasonNotCauses)).toEqual(["not_ready", "timed_out", "lost"]);
});
