import type { Heard } from "../../bench/support/wire.ts";
import { scriptOf } from "../../bench/work/script.ts";

const heard = (service: Heard["service"], operation: string, body: object): Heard => ({
  ...{ service, operation, path: "/", headers: { host: "local", accept: "*/*" } },
  body: JSON.stringify(body),
});
const item = (pk: string) => ({ pk: { S: pk }, sk: { S: "watch" } });

test("the floor makes every recorded wire call again, those of one kind side by side, the config's none", () => {
  const stages = scriptOf([
    heard("config", "GetParametersByPath", {}),
    heard("ledger", "UpdateItem", { Key: item("a"), UpdateExpression: "SET #look = :u0" }),
    heard("cce", "GET", {}),
    heard("ledger", "UpdateItem", { Key: item("b"), UpdateExpression: "SET #look = :u0" }),
    heard("ledger", "UpdateItem", { Key: item("a"), UpdateExpression: "SET #done = :u0" }),
  ]);
  expect(stages.map((stage) => stage.map(({ operation }) => operation))).toEqual([
    ["UpdateItem", "UpdateItem"],
    ["GET"],
    ["UpdateItem"],
  ]);
  expect(stages[0]?.[1]?.input).toMatchObject({ Key: { pk: { S: "b" } } });
  expect(stages[1]?.[0]?.headers).toEqual({ accept: "*/*" });
});
