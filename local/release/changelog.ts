const SECTION = /^## .*$/gm;
const UNRELEASED = "## Unreleased";
const NO_CHANGES = "This release has no changes that users can see.";

/**
 * Returns the changelog with a section for a version. The section `Unreleased` becomes the section for the version. If
 * the changelog has no section for the release, the new section says that the release has no changes. Returns null if
 * the changelog has a section `Unreleased` and also a section for the version. A person must then join these two
 * sections of the changelog.
 * @param date the day of the release, such as `2026-11-26`
 */
export function toReleasedChangelog(changelog: string, version: string, date: string): string | null {
  const isUnreleased = changelog.includes(`${UNRELEASED}\n`);
  if (findReleaseNotes(changelog, version) !== null) return isUnreleased ? null : changelog;
  const heading = `## ${version} - ${date}`;
  if (isUnreleased) return changelog.replace(UNRELEASED, heading);
  const [first] = changelog.matchAll(SECTION);
  const at = first?.index ?? changelog.length;
  return `${changelog.slice(0, at)}${heading}\n\n${NO_CHANGES}\n\n${changelog.slice(at)}`;
}

/** Returns the text of the section about a version, without its heading, or null without such a section. */
export function findReleaseNotes(changelog: string, version: string): string | null {
  const headings = [...changelog.matchAll(SECTION)];
  const at = headings.findIndex(([text]) => text === `## ${version}` || text.startsWith(`## ${version} - `));
  const heading = headings[at];
  if (heading === undefined) return null;
  return changelog.slice(heading.index + heading[0].length, headings[at + 1]?.index).trim();
}
