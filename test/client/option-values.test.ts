import { OptionValues, UsageError } from "../../client/option-values.ts";

const faultOf = (...argv: string[]) => {
  try {
    new OptionValues(argv);
    return null;
  } catch (error) {
    return error instanceof UsageError ? error.message : String(error);
  }
};

test("options and other arguments may be mixed, and no argument after -- is an option", () => {
  const values = new OptionValues(["watch", "--project", "prod", "a", "--wait", "--", "--json", "-x"]);
  expect(values.positionals).toEqual(["watch", "a", "--json", "-x"]);
  expect(values.names()).toEqual(["project", "wait"]);
  expect([values.get("project"), values.get("wait"), values.get("json")]).toEqual(["prod", "", undefined]);
  expect([values.has("wait"), values.has("json")]).toEqual([true, false]);
});

test("the value of an option may follow an equals sign, and may then begin with a dash", () => {
  expect(new OptionValues(["--project=-a"]).get("project")).toBe("-a");
  expect(new OptionValues(["--reply", "-"]).get("reply")).toBe("-");
});

test("a value may contain a dash", () => {
  expect(new OptionValues(["--project", "a-b"]).get("project")).toBe("a-b");
});

test("an option without a value may be given twice", () => {
  expect(faultOf("--wait", "--wait")).toBeNull();
});

test("a repeated option has all its values, and its names have no spaces around them", () => {
  const values = new OptionValues(["--notify", "a, b", "--notify=c", "--label", "x=1", "--label", "y=2"]);
  expect(values.all("notify")).toEqual(["a, b", "c"]);
  expect(values.list("notify")).toEqual(["a", "b", "c"]);
  expect(values.all("label")).toEqual(["x=1", "y=2"]);
  expect([values.all("state"), values.list("state")]).toEqual([undefined, undefined]);
  expect(() => new OptionValues(["--notify", "a,,b"]).list("notify")).toThrow(
    "--notify has an empty name in its list",
  );
});

test.each([
  [["--projekt", "a"], "unknown option '--projekt'. Did you mean --project?"],
  [["--dry--run"], "unknown option '--dry--run'. Did you mean --dry-run?"],
  [["--brojekt", "a"], "unknown option '--brojekt'. Did you mean --project?"],
  [["--no-wait"], "unknown option '--no-wait'"],
  [["--h"], "unknown option '--h'"],
  [["---wait"], "unknown option '---wait'. Did you mean --wait?"],
  [["--zzzzzzzz"], "unknown option '--zzzzzzzz'"],
  [["--constructor"], "unknown option '--constructor'"],
  [["-p"], "unknown option '-p'"],
  [["-help"], "unknown option '-e'"],
  [["--wait=yes"], "--wait takes no value"],
  [["--project"], "--project needs a value: --project NAME"],
  [["--project", "--wait"], "--project needs a value: --project NAME"],
  [["--project", "-h"], "--project needs a value: --project NAME"],
  [["--project", ""], "--project needs a value, and the given value is empty: --project NAME"],
  [["--project= "], "--project needs a value, and the given value is empty: --project NAME"],
  [["--project", "a", "--project", "b"], "--project may be given only once"],
])("the command line %j is wrong usage: %s", (argv, fault) => {
  expect(faultOf(...argv)).toBe(fault);
});

test("-h is the short form of --help", () => {
  expect(new OptionValues(["-h"]).has("help")).toBe(true);
});

test.each([
  ["5", 5],
  ["0.5", 0.5],
  ["10.25", 10.25],
])("a number greater than 0 is read: %s", (text, number) => {
  expect(new OptionValues([`--limit=${text}`]).positiveNumber("limit")).toBe(number);
});

test.each(["0", "0.0", "-1", "+1", "1e3", "x1", "1x", ".5", "1.", "1.2.3", "Infinity", "9".repeat(400)])(
  "a value that is not a number greater than 0 is wrong usage: %s",
  (text) => {
    expect(() => new OptionValues([`--limit=${text}`]).positiveNumber("limit")).toThrow(
      "--limit must be a number greater than 0",
    );
  },
);

test("an option that is not given has no number", () => {
  expect(new OptionValues([]).positiveNumber("limit")).toBeUndefined();
});
