import type { Heard } from "../../bench/support/wire.ts";
import { scriptOf } from "../../bench/work/script.ts";

const heard = (service: Heard["service"], operation: string, body: object): Heard => ({
  service,
  operation,
  path: "/",
  headers: { host: "local", accept: "*/*" },
  body: JSON.stringify(body),
});
const item = (pk: string) => ({ pk: { S: pk }, sk: { S: "watch" } });

const operations = (stages: ReturnType<typeof scriptOf>) =>
  stages.map((chains) => chains.map((chain) => chain.map(({ operation }) => operation)));

test("the floor makes every recorded wire call again, a record's one after the other, the config's none", () => {
  const stages = scriptOf([
    heard("config", "GetParametersByPath", {}),
    heard("ledger", "UpdateItem", { Key: item("a"), UpdateExpression: "SET #poll = :u0" }),
    heard("ledger", "UpdateItem", { Key: item("b"), UpdateExpression: "SET #poll = :u0" }),
    heard("cce", "GET", {}),
    heard("cce", "GET", {}),
  ]);
  expect(operations(stages)).toEqual([
    [
      ["UpdateItem", "GET"],
      ["UpdateItem", "GET"],
    ],
  ]);
  expect(stages[0]?.[1]?.[0]?.input).toMatchObject({ Key: { pk: { S: "b" } } });
  expect(stages[0]?.[0]?.[1]?.headers).toEqual({ accept: "*/*" });
});

test("a call that the records share waits for all of them, and they wait for it", () => {
  const stages = scriptOf([
    heard("cce", "GET", {}),
    heard("cce", "GET", {}),
    heard("queue", "SendMessageBatch", {}),
    heard("ledger", "UpdateItem", { Key: item("a"), UpdateExpression: "SET #done = :u0" }),
    heard("ledger", "UpdateItem", { Key: item("b"), UpdateExpression: "SET #done = :u0" }),
  ]);
  expect(operations(stages)).toEqual([
    [["GET"], ["GET"]],
    [["SendMessageBatch"]],
    [["UpdateItem"], ["UpdateItem"]],
  ]);
});
