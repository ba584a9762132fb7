import type { WireRequest } from "../../bench/support/wire.ts";
import { createFloorScript } from "../../bench/work/floor-script.ts";

const request = (service: WireRequest["service"], operation: string, body: object): WireRequest => ({
  service,
  operation,
  path: "/",
  headers: { host: "local", accept: "*/*" },
  body: JSON.stringify(body),
});
const item = (pk: string) => ({ pk: { S: pk }, sk: { S: "watch" } });

const operations = (stages: ReturnType<typeof createFloorScript>) =>
  stages.map((chains) => chains.map((chain) => chain.map(({ operation }) => operation)));

test("the floor sends the requests of each record in order, and no request for the config", () => {
  const stages = createFloorScript([
    request("config", "GetParametersByPath", {}),
    request("ledger", "UpdateItem", { Key: item("a"), UpdateExpression: "SET #poll = :u0" }),
    request("ledger", "UpdateItem", { Key: item("b"), UpdateExpression: "SET #poll = :u0" }),
    request("cce", "GET", {}),
    request("cce", "GET", {}),
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

test("a request that all records share is a separate stage", () => {
  const stages = createFloorScript([
    request("cce", "GET", {}),
    request("cce", "GET", {}),
    request("queue", "SendMessageBatch", {}),
    request("ledger", "UpdateItem", { Key: item("a"), UpdateExpression: "SET #done = :u0" }),
    request("ledger", "UpdateItem", { Key: item("b"), UpdateExpression: "SET #done = :u0" }),
  ]);
  expect(operations(stages)).toEqual([
    [["GET"], ["GET"]],
    [["SendMessageBatch"]],
    [["UpdateItem"], ["UpdateItem"]],
  ]);
});
