import { createRouter } from "../../../local/gateway/router.ts";

const find = createRouter(
  [
    "$default",
    "ANY /files/{path+}",
    "GET /files/readme",
    "GET /things/{id}",
    "ANY /things/{id}",
    "GET /things/special",
    "GET /things/{id}/parts/{part}",
    "POST /",
  ].map((routeKey) => ({ routeKey })),
);

describe("createRouter", () => {
  test.each([
    ["GET", "/things/1", "GET /things/{id}", { id: "1" }],
    ["PUT", "/things/1", "ANY /things/{id}", { id: "1" }],
    ["GET", "/things/special", "GET /things/special", {}],
    ["GET", "/things/a%3Ab%2Fc", "GET /things/{id}", { id: "a:b/c" }],
    ["GET", "/things/%E0%A4%A", "GET /things/{id}", { id: "%E0%A4%A" }],
    ["GET", "/things/1/parts/2", "GET /things/{id}/parts/{part}", { id: "1", part: "2" }],
    ["GET", "/files/a/b", "ANY /files/{path+}", { path: "a/b" }],
    ["GET", "/files/readme", "GET /files/readme", {}],
    ["POST", "/files/readme", "ANY /files/{path+}", { path: "readme" }],
    ["POST", "/", "POST /", {}],
    ["GET", "/", "$default", {}],
    ["GET", "/things/", "$default", {}],
    ["GET", "/things/1/", "$default", {}],
    ["DELETE", "/things/1/parts/2", "$default", {}],
  ])("finds for %s %s the route %s", (method, path, routeKey, pathParameters) => {
    expect(find(method, path)).toEqual({ route: { routeKey }, pathParameters });
  });

  it("finds no route without $default", () => {
    expect(createRouter([{ routeKey: "GET /a" }])("GET", "/b")).toBeNull();
  });
});
