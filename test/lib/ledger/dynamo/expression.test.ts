import {
  fromAttributes,
  placeholderNames,
  placeholderValues,
  toAttributesWithoutNulls,
  toUpdateInput,
} from "../../../../lib/ledger/dynamo/expression.ts";

const key = { pk: "W#prod#job-1", sk: "watch#token:ci" };

describe("toUpdateInput", () => {
  it("creates one clause for each kind of change, with placeholders for names and values", () => {
    expect(
      toUpdateInput({
        key,
        set: { state: "failed", owner: null },
        setIfAbsent: { goneSince: 7 },
        append: { history: ["a"] },
        add: { attempts: 1, targets: new Set(["x"]) },
        removeElements: { running: new Set(["y"]) },
        condition: "#state = :old AND attribute_exists(#pk)",
        values: { old: "watching" },
      }),
    ).toEqual({
      UpdateExpression:
        "SET #state = :v1, #goneSince = if_not_exists(#goneSince, :v3), " +
        "#history = list_append(if_not_exists(#history, :emptyList), :v4) " +
        "ADD #attempts :v5, #targets :v6 DELETE #running :v7 REMOVE #owner",
      ConditionExpression: "#state = :old AND attribute_exists(#pk)",
      ExpressionAttributeNames: {
        "#state": "state",
        "#pk": "pk",
        "#owner": "owner",
        "#goneSince": "goneSince",
        "#history": "history",
        "#attempts": "attempts",
        "#targets": "targets",
        "#running": "running",
      },
      ExpressionAttributeValues: {
        ":old": { S: "watching" },
        ":v1": { S: "failed" },
        ":v3": { N: "7" },
        ":v4": { L: [{ S: "a" }] },
        ":v5": { N: "1" },
        ":v6": { SS: ["x"] },
        ":v7": { SS: ["y"] },
        ":emptyList": { L: [] },
      },
    });
  });

  it("creates no clause without a change, and no condition without a condition", () => {
    expect(toUpdateInput({ key, set: { a: 1 } })).toEqual({
      UpdateExpression: "SET #a = :v1",
      ConditionExpression: undefined,
      ExpressionAttributeNames: { "#a": "a" },
      ExpressionAttributeValues: { ":v1": { N: "1" } },
    });
  });

  it.each(["callback=x", "a b", "callback:", "é", "ab-c", "-a"])(
    "numbers the placeholder of an attribute whose name is not a placeholder: %s",
    (name) => {
      expect(toUpdateInput({ key, set: { first: 1, [name]: "v" } })).toMatchObject({
        UpdateExpression: "SET #first = :v1, #n2 = :v2",
        ExpressionAttributeNames: { "#first": "first", "#n2": name },
      });
    },
  );

  it("does not change the names of an earlier update with the same condition", () => {
    const update = { key, condition: "#state = :state" };
    expect(toUpdateInput({ ...update, set: { poll: 1 } }).ExpressionAttributeNames).toHaveProperty("#poll");
    expect(toUpdateInput({ ...update, set: { a: 1 } }).ExpressionAttributeNames).toEqual({
      "#state": "state",
      "#a": "a",
    });
  });
});

it("placeholderNames returns each name of an expression once", () => {
  expect(placeholderNames("#pk = :pk AND begins_with(#sk, :p) OR #pk = :x")).toEqual({
    "#pk": "pk",
    "#sk": "sk",
  });
  expect(placeholderNames("size = :x")).toEqual({});
});

const VALUES = {
  text: "a",
  number: 1.5,
  flag: false,
  bytes: new Uint8Array([1, 2]),
  set: new Set(["x", "y"]),
  list: ["x", "x"],
  empty: [],
};
const ATTRIBUTES = {
  text: { S: "a" },
  number: { N: "1.5" },
  flag: { BOOL: false },
  bytes: { B: new Uint8Array([1, 2]) },
  set: { SS: ["x", "y"] },
  list: { L: [{ S: "x" }, { S: "x" }] },
  empty: { L: [] },
};

it("toAttributesWithoutNulls and placeholderValues convert each type, and omit null and empty sets", () => {
  const absent = { nothing: null, none: new Set<string>() };
  expect(toAttributesWithoutNulls({ ...VALUES, ...absent })).toEqual(ATTRIBUTES);
  expect(placeholderValues({ text: "a", ...absent })).toEqual({ ":text": { S: "a" } });
});

it("fromAttributes converts each type back, and returns null for an attribute of another type", () => {
  expect(fromAttributes({ ...ATTRIBUTES, other: { NS: ["1"] }, nothing: { NULL: true } })).toEqual({
    ...VALUES,
    set: ["x", "y"],
    other: null,
    nothing: null,
  });
});
