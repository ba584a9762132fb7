import { type ErrorKind, errorKindOfStatus } from "../../../lib/cce/cce-error.ts";

/** The HTTP statuses with a meaning of their own. All others up to 499 need a change of the config. */
const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: "unauthorized",
  403: "forbidden",
  408: "unavailable",
  409: "unavailable",
  423: "unavailable",
  425: "unavailable",
  429: "throttled",
};

test("every HTTP status of an error reply has one kind of error", () => {
  for (let status = 100; status < 600; status += 1) {
    const other = status >= 300 && status < 500 ? "misconfigured" : "unavailable";
    expect([status, errorKindOfStatus(status)]).toEqual([status, KINDS[status] ?? other]);
  }
});
