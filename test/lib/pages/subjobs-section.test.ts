import type { JobDocument } from "../../../lib/api/status-document.ts";
import { groupSubJobsForFolding, renderSubJobsSection } from "../../../lib/pages/subjobs-section.ts";
import { failedJob } from "./failed-job.ts";
import { FAILED, NOW, PENDING, step } from "./sample-parts.ts";

const good = (count: number) => Array.from({ length: count }, (_, index) => step("Good", index, index + 1));
const bad = step("Bad", 0, 1, FAILED);

describe("groupSubJobsForFolding", () => {
  it("folds nothing in a short tree", () => {
    expect(groupSubJobsForFolding(good(9), false).map((group) => group.length)).toEqual(Array(9).fill(1));
  });

  it("folds succeeded subjobs in a row and keeps the order", () => {
    const groups = groupSubJobsForFolding(
      [...good(5), bad, ...good(2), step("Busy", 0, 1, PENDING), ...good(4)],
      true,
    );
    expect(groups.map((group) => (group.length > 1 ? group.length : group[0]?.type))).toEqual([
      5,
      "Bad",
      "Good",
      "Good",
      "Busy",
      4,
    ]);
  });

  it("shows the first three failed or pending subjobs of a long row and folds the others", () => {
    const busy = Array.from({ length: 7 }, () => step("Busy", 0, 1, PENDING));
    const groups = groupSubJobsForFolding([...Array(30).fill(bad), ...busy, ...busy.slice(0, 3)], true);
    expect(groups.map((group) => group.length)).toEqual([1, 1, 1, 27, 1, 1, 1, 7]);
    expect(groupSubJobsForFolding(busy.slice(0, 6), true)).toHaveLength(6);
  });

  it("sorts the subjobs if their order gives too many groups, failed subjobs first", () => {
    const alternating = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? step("Good", 0, 1) : bad,
    );
    const groups = groupSubJobsForFolding(alternating, true);
    expect(groups.map((group) => [group.length, group[0]?.type])).toEqual([
      [1, "Bad"],
      [1, "Bad"],
      [1, "Bad"],
      [17, "Bad"],
      [20, "Good"],
    ]);
  });

  it("does not count a subjob with a failure below it as succeeded", () => {
    const parent = step("Good", 0, 1, { subJobs: [bad] });
    const groups = groupSubJobsForFolding([...good(3), parent, ...good(3)], true);
    expect(groups.map((group) => group.length)).toEqual(Array(7).fill(1));
  });
});

describe("the tree of subjobs", () => {
  const render = (subJobs: JobDocument[]) =>
    String(renderSubJobsSection({ ...failedJob(), job: step("Root", 0, 90, { ...FAILED, subJobs }) }, NOW));
  /** Returns how many lines of the tree a reader sees before the reader opens a line. */
  const shownLines = (markup: string): number => {
    let isClosed = 0;
    let lines = 0;
    const tree = markup.split('class="times"')[0] ?? "";
    for (const [tag] of tree.matchAll(/<details[^>]*>|<\/details>|<summary>|<span class="row/g)) {
      if (tag.startsWith("<span")) lines += isClosed === 0 ? 1 : 0;
      else if (tag === "</details>") isClosed = Math.max(0, isClosed - 1);
      else if (tag !== "<summary>" && (isClosed > 0 || !tag.includes(" open"))) isClosed++;
      // The summary of a closed section is visible.
      if (tag === "<summary>" && isClosed === 1) lines++;
    }
    return lines;
  };

  it("opens a short tree, and in a long tree only the path to what has not succeeded", () => {
    const closed = step("Good", 0, 1, { subJobs: good(2) });
    expect(render([closed]).match(/<details open>/g)).toHaveLength(2);
    const long = render([closed, step("Node", 0, 1, { ...FAILED, subJobs: [bad] }), ...good(14)]);
    expect(long).toMatch(/<details open><summary><span class="row c-failed"><span[^>]*>.{0,120}Node/);
    expect(long).toMatch(/<details><summary><span class="row c-succeeded"/);
  });

  it.each([
    ["failed", Array.from({ length: 200 }, () => step("Node", 0, 1, { ...FAILED, subJobs: [bad] }))],
    [
      "failed on four levels",
      Array.from({ length: 6 }, () =>
        step("A", 0, 1, {
          ...FAILED,
          subJobs: Array(6).fill(step("B", 0, 1, { ...FAILED, subJobs: Array(6).fill(bad) })),
        }),
      ),
    ],
    [
      "of all kinds, one after the other",
      Array.from({ length: 200 }, (_, index) =>
        [bad, step("Good", 0, 1), step("Busy", 0, 1, PENDING), step("Mixed", 0, 1, { subJobs: [bad] })].slice(
          index % 4,
          (index % 4) + 1,
        ),
      ).flat(),
    ],
  ])("initially shows at most 22 lines of many subjobs that are %s", (_, subJobs) => {
    const lines = shownLines(render(subJobs));
    expect(lines).toBeGreaterThan(4);
    expect(lines).toBeLessThanOrEqual(22);
  });

  it("shows the phases of CCE in people's words, and as CCE writes them only in the table", () => {
    const markup = render([
      step("A", 0, 1, { ...PENDING, phase: "Initializing" }),
      step("B", 0, 1, { ...PENDING, phase: "Held" }),
    ]);
    const [tree = "", table = ""] = markup.split('class="times"');
    expect(tree).toContain(">Starting<");
    expect(tree).toContain(">Held<");
    expect(tree).not.toContain("Initializing");
    expect(table).toContain('<td>Starting</td><td><code dir="auto">Initializing</code></td>');
  });
});
