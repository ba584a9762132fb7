import { ArgumentError, parseStrictArguments } from "../../server/parse-strict-arguments.ts";

const options = {
  config: { type: "string", short: "c" },
  proxy: { type: "string", multiple: true },
  send: { type: "boolean" },
} as const;
const parse = (...args: string[]) => parseStrictArguments({ args, options });

test("accepts every option once, a repeatable option several times, and a repeated switch", () => {
  expect(parse("--config", "a", "--proxy", "b", "--proxy=c", "--send", "--send").values).toEqual({
    config: "a",
    proxy: ["b", "c"],
    send: true,
  });
});

test.each([
  [["--config", "a", "--config=b"], "--config may be given only once"],
  [["-c", "a", "--config", "b"], "--config may be given only once"],
  [["--config="], "--config needs a value, and the given value is empty"],
  [["--config", ""], "--config needs a value, and the given value is empty"],
  [["--proxy", "a", "--proxy", ""], "--proxy needs a value, and the given value is empty"],
  [["--config"], "Option '-c, --config <value>' argument missing"],
  [["--none"], "Unknown option '--none'"],
  [["a"], "Unexpected argument 'a'"],
])("refuses the arguments %j in one sentence", (args, message) => {
  expect(() => parse(...args)).toThrow(new ArgumentError(message));
});
