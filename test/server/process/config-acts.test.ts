import { listConfigActs } from "../../../server/process/config-acts.ts";

const CONFIG = {
  projects: { prod: { projectId: "p" } },
  targets: { ops: { url: "https://hunter2" } },
  tokens: { ci: { sha256: "a" } },
  settings: { maxPolls: 5 },
};
const listed = (before: unknown, after: unknown) =>
  listConfigActs(before, after).map(({ act, entry, who }) => [act, entry, who]);

test("the same config has no acts", () => {
  expect(listed(CONFIG, structuredClone(CONFIG))).toEqual([]);
});

test("each entry that was added, changed or removed is one act", () => {
  const after = {
    projects: { prod: { projectId: "other" } },
    targets: {},
    tokens: { ci: { sha256: "b" }, gitlab: { sha256: "c" } },
    oidc: [{}],
    settings: { maxPolls: 5 },
  };
  expect(listed(CONFIG, after)).toEqual([
    ["config_put", "projects/prod", "operator"],
    ["config_remove", "targets/ops", "operator"],
    ["token_put", "tokens/ci", "operator"],
    ["token_put", "tokens/gitlab", "operator"],
    ["config_put", "oidc", "operator"],
  ]);
  expect(listed(CONFIG, { ...CONFIG, tokens: {} })).toEqual([["token_remove", "tokens/ci", "operator"]]);
});

test("an act contains no value of the config", () => {
  const text = JSON.stringify([...listConfigActs({}, CONFIG), ...listConfigActs(CONFIG, {})]);
  expect(text).not.toContain("hunter2");
});
