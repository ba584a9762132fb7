import { splitTargetsToNotify } from "../../../functions/shared/notification-targets.ts";

test("configured targets come before callbacks, and a target that does not list the outcome is omitted", () => {
  const watch = { targets: ["callback:1", "audit", "callback:0", "quiet", "removed"], digestTargets: [] };
  const targets = {
    audit: { kind: "webhook", on: ["failed"] },
    quiet: { kind: "slack", on: ["succeeded"] },
  } satisfies Parameters<typeof splitTargetsToNotify>[2];
  expect(splitTargetsToNotify(watch, "failed", targets)).toEqual({
    own: ["audit", "removed", "callback:1", "callback:0"],
    byDigest: [],
  });
});
