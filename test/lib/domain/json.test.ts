import {
  countBytesInsideJsonString,
  isJsonObject,
  parseJsonOrUndefined,
  toJsonUnlessTooDeep,
  toObjectOrEmpty,
  unwrapSingleEntriesOrEmpty,
} from "../../../lib/domain/json.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

describe("parseJsonOrUndefined", () => {
  it("returns the value of a JSON text", () => {
    expect(['{"a":1}', "[]", "null", '"x"', "0"].map(parseJsonOrUndefined)).toEqual([
      { a: 1 },
      [],
      null,
      "x",
      0,
    ]);
  });

  it("returns undefined for text that is not JSON", () => {
    expect(["", "{", "<html>", "\uFEFF{}", "undefined", "NaN"].map(parseJsonOrUndefined)).toEqual(
      Array(6).fill(undefined),
    );
  });
});

describe("toJsonUnlessTooDeep", () => {
  it("returns JSON text, or null for a value whose nesting has no end", () => {
    const endless: { inner?: unknown } = {};
    endless.inner = endless;
    expect(toJsonUnlessTooDeep({ a: [1] })).toBe('{"a":[1]}');
    expect(toJsonUnlessTooDeep(endless)).toBeNull();
  });
});

describe("isJsonObject and toObjectOrEmpty", () => {
  it("accept only objects", () => {
    const others = [null, undefined, [], ["a"], "a", 1, true];
    expect(others.map(isJsonObject)).toEqual(others.map(() => false));
    expect(others.map(toObjectOrEmpty)).toEqual(others.map(() => ({})));
    expect([isJsonObject({ a: 1 }), toObjectOrEmpty({ a: 1 })]).toEqual([true, { a: 1 }]);
  });
});

describe("unwrapSingleEntriesOrEmpty", () => {
  const job = { id: "j", phase: "Success" };

  it.each<[unknown, unknown]>([
    [job, job],
    [{ result: job }, job],
    [[job], job],
    [[{ result: [{ data: job }] }], job],
    [[[[[[job]]]]], {}],
    [{ a: { b: { c: { d: { e: job } } } } }, { e: job }],
    [{ only: "field" }, { only: "field" }],
    [{ list: [] }, { list: [] }],
    [{ empty: {} }, { empty: {} }],
    [[job, job], {}],
    [null, {}],
    [undefined, {}],
    ["text", {}],
  ])("returns the object inside at most four wrappers of %j", (value, inner) => {
    expect(unwrapSingleEntriesOrEmpty(value)).toEqual(inner);
  });

  it("removes only the given number of wrappers", () => {
    expect(unwrapSingleEntriesOrEmpty([[job]], 1)).toEqual({});
    expect(unwrapSingleEntriesOrEmpty([[job]], 2)).toEqual(job);
  });
});

describe("countBytesInsideJsonString", () => {
  it.each([
    ["", 0],
    ["plain text ~!#", 14],
    ['a"b', 4],
    ["a\\b", 4],
    ["\n", 2],
    ["\u0001", 6],
    ["é", 2],
    ["abc\u007f", 4],
    ["half \ud83d", 8],
    ["\u{1f600}", 4],
  ])("counts the bytes of %j in a JSON string, with escape sequences", (text, bytes) => {
    expect(countBytesInsideJsonString(text)).toBe(bytes);
  });

  it("returns the length of the JSON text without its quotes for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        expect(countBytesInsideJsonString(text)).toBe(
          Buffer.byteLength(JSON.stringify(text.toWellFormed())) - 2,
        );
      }),
    );
  });
});
