import {
  Cause,
  CauseInTree,
  describeFailedOfTotal,
  describeFailedOfTotalWithFirstNames,
  Failure,
  formatFirstResourceNames,
  formatNameList,
  toEventCause,
} from "../../../lib/domain/cause.ts";
import { textsOfLanguage } from "../../../lib/domain/texts.ts";

it("names for people end with the number of names that are not shown", () => {
  expect(formatNameList(["a", "b"], 2)).toBe("a, b");
  expect(formatNameList(["a", "{count}"], 5)).toBe("a, {count} and 3 more");
  expect(formatNameList([], 5)).toBe("");
});

it("the default text for more names is the English text", () => {
  expect(formatNameList(["a"], 2)).toBe(formatNameList(["a"], 2, textsOfLanguage("en")["names.more"]));
});

it("of the resources of a cause, three names are shown", () => {
  const cause = { type: null, reason: null, hint: null, count: 30, resources: [..."abcdefghij"] };
  expect(formatFirstResourceNames(cause)).toBe("a, b, c and 27 more");
});

it("of a cause with fewer than ten resources, only these resources are counted, because subjobs can share a resource", () => {
  const cause = { type: "InstallNode", reason: null, hint: null, count: 30 };
  expect(formatFirstResourceNames({ ...cause, resources: ["pool-a"] })).toBe("pool-a");
  expect(formatFirstResourceNames({ ...cause, resources: [..."abcdefghi"] })).toBe("a, b, c and 6 more");
});

it.each(["CreateNodeVM", "ScaleupNodePool", "CreateCluster", "CreateEIP", null])(
  "the default texts for the count of the type %j are the English texts",
  (type) => {
    for (const total of [1, 3]) {
      const cause = { type, count: 1, total };
      expect(describeFailedOfTotal(cause)).toBe(describeFailedOfTotal(cause, textsOfLanguage("en")));
      expect(describeFailedOfTotal(cause)).toMatch(/ failed$/);
    }
  },
);

it("the line about a cause has the count and the first names, and no colon without names", () => {
  const cause = { type: "CreateNode", reason: null, hint: null, count: 2, total: 3, path: [] };
  expect(describeFailedOfTotalWithFirstNames({ ...cause, resources: ["pool-a-0", "pool-a-1"] })).toBe(
    "2 of 3 nodes failed: pool-a-0, pool-a-1",
  );
  expect(describeFailedOfTotalWithFirstNames({ ...cause, resources: [] })).toBe("2 of 3 nodes failed");
});

it("the line about subjobs without a type calls the type unknown", () => {
  expect(describeFailedOfTotal({ type: null, count: 2, total: 3 })).toBe(
    "2 of 3 subjobs of type unknown failed",
  );
});

it("a stored cause and a stored failure are read with all their fields", () => {
  const cause = { type: "CreateNode", reason: null, hint: null, count: 2, resources: ["n"] };
  const inTree = { ...cause, path: ["CreateCluster", "CreateNode"], total: 3 };
  expect(Cause.parse(inTree)).toEqual(cause);
  expect(CauseInTree.parse(inTree)).toEqual(inTree);
  expect(toEventCause(inTree)).toEqual(cause);
  const failure = { path: ["CreateNode"], jobId: null, resourceName: "n", reason: "why", hint: null };
  expect(Failure.parse(failure)).toEqual(failure);
  expect(Failure.safeParse({ ...failure, path: [] }).success).toBe(false);
  expect(Cause.safeParse({ ...cause, count: -1 }).success).toBe(false);
});

it("one subjob without a type is a subjob", () => {
  expect(describeFailedOfTotal({ type: null, count: 1, total: 1 })).toBe("A subjob failed");
  expect(describeFailedOfTotal({ type: "CreateNode", count: 1, total: 1 })).toBe("CreateNode failed");
});

it.each([
  ["CreateNodeVM", "2 of 3 nodes failed"],
  ["ScaleNodePool", "2 of 3 node pools failed"],
  ["CreateCluster", "2 of 3 clusters failed"],
  ["CreateNodeSecurityGroup", "2 of 3 subjobs of type CreateNodeSecurityGroup failed"],
  ["UpdateNodePoolTags", "2 of 3 subjobs of type UpdateNodePoolTags failed"],
  ["CreateClusterEIP", "2 of 3 subjobs of type CreateClusterEIP failed"],
])("the resources of the type %s are counted by the end of the type", (type, text) => {
  expect(describeFailedOfTotal({ type, count: 2, total: 3 })).toBe(text);
});
