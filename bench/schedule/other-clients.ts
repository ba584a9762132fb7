import type { NextPoll } from "./poll-costs.ts";

/** The poll schedules of other known clients of the CCE API, and exponential backoff. */
export const OTHER_CLIENTS: Readonly<Record<string, NextPoll>> = {
  "fixed 20 s after 150 s": fixed(150, 20),
  "fixed 20 s after 120 s": fixed(120, 20),
  "fixed 5 s": fixed(5, 5),
  "exponential 5 s to 300 s": (age) => {
    let [at, delay] = [5, 5];
    while (at <= age) {
      delay = Math.min(300, delay * 2);
      at += delay;
    }
    return at;
  },
};

function fixed(first: number, interval: number): NextPoll {
  return (age) => (age < first ? first : age + interval);
}
