import { findReleaseNotes, toReleasedChangelog } from "../../../local/release/changelog.ts";

const CHANGELOG = `# Changelog

Text.

## Unreleased

### Added

- One thing.

## 0.1.0

First.
`;

test("the section of unreleased changes becomes the section of the version", () => {
  const released = toReleasedChangelog(CHANGELOG, "0.2.0", "2026-11-26") ?? "";
  expect(released).toBe(CHANGELOG.replace("## Unreleased", "## 0.2.0 - 2026-11-26"));
  expect(findReleaseNotes(released, "0.2.0")).toBe("### Added\n\n- One thing.");
});

test("a release without unreleased changes says that it has no changes", () => {
  const released = toReleasedChangelog(CHANGELOG, "0.2.0", "2026-11-26");
  const next = toReleasedChangelog(released ?? "", "0.3.0", "2026-12-01") ?? "";
  expect(next).toMatch(
    /\n\n## 0\.3\.0 - 2026-12-01\n\nThis release has no changes .*\n\n## 0\.2\.0 - 2026-11-26\n/,
  );
  expect(findReleaseNotes(next, "0.3.0")).toMatch(/^This release has no changes/);
});

test("a version whose section exists keeps its section", () => {
  const released = toReleasedChangelog(CHANGELOG, "0.2.0", "2026-11-26") ?? "";
  expect(toReleasedChangelog(released, "0.2.0", "2026-12-01")).toBe(released);
});

test("a version whose section exists next to unreleased changes is refused", () => {
  expect(toReleasedChangelog(CHANGELOG, "0.1.0", "2026-12-01")).toBeNull();
});

test.each([
  ["0.1.0", "First."],
  ["0.1", null],
  ["0.1.00", null],
])("the notes of the version %s are %j", (version, notes) => {
  expect(findReleaseNotes(CHANGELOG, version)).toBe(notes);
});
