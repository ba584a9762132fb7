import { suggestName } from "../../client/suggest-name.ts";

test.each([
  ["deplys", ["deploys", "audit"], "deploys"],
  ["DEPLOYS", ["deploys"], "deploys"],
  ["deploys", ["Deploys"], "Deploys"],
  ["dpeloys", ["deploys"], "deploys"],
  ["depolsy", ["deploys"], "deploys"],
  ["deploysxx", ["deploys"], "deploys"],
  ["deploysxxx", ["deploys"], null],
  ["deploy", ["deplo", "deploys"], "deplo"],
  ["deplxys", ["deplxxs", "deploys", "xxploys"], "deplxxs"],
  ["audti", ["adt", "audit"], "audit"],
  ["deploy", ["deplxx", "deplox"], "deplox"],
  ["edpolys", ["deploys"], "deploys"],
  ["edpolsy", ["deploys"], null],
  ["ploysde", ["deploys"], null],
  ["yolped", ["deploy"], null],
  ["xxplyos", ["deploys"], null],
  ["dxxloys", ["deploys"], "deploys"],
  ["dexxxys", ["deploys"], null],
  ["eyolpd", ["deploy"], null],
  ["xaydef", ["abcdef"], null],
  ["bxydef", ["abcdef"], null],
  ["ab", ["abc"], "abc"],
  ["xbc", ["abc"], "abc"],
  ["xyc", ["abc"], null],
  ["b", ["a"], null],
  ["", ["ab"], null],
  ["a", ["ab"], "ab"],
  ["other", [], null],
])("the name that is most similar to %j among %j is %j", (typed, names, suggestion) => {
  expect(suggestName(typed, names)).toBe(suggestion);
});
