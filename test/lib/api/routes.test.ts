import { matchRoute } from "../../../lib/api/routes.ts";

const READ = { kind: "matched", operation: "readJob" };

test.each([
  ["/v1/jobs/prod/a:b", { project: "prod", jobId: "a:b" }],
  ["/v1/jobs/prod/a%41", { project: "prod", jobId: "a%41" }],
  ["/v1/jobs/prod/100%", { project: "prod", jobId: "100%" }],
  ["/v1/jobs/jobs/v1", { project: "jobs", jobId: "v1" }],
])("the decoded path %s is not decoded again", (path, params) => {
  expect(matchRoute("GET", path)).toEqual({ ...READ, params });
});

test.each(["/dev", "/cce", "/teams/cce", "/a%b", "/jobs-api"])(
  "a route is found behind the base path or stage %s",
  (basePath) => {
    const params = { project: "prod", jobId: "a" };
    expect(matchRoute("GET", `${basePath}/v1/jobs/prod/a`)).toEqual({ ...READ, params });
    expect(matchRoute("POST", `${basePath}/v1/jobs`)).toMatchObject({ operation: "acceptJobs" });
    expect(matchRoute("GET", `${basePath}/docs`)).toMatchObject({ operation: "readDocs" });
    expect(matchRoute("GET", `${basePath}/jobs/prod/a`)).toEqual({
      kind: "matched",
      operation: "showJob",
      params,
    });
    expect(matchRoute("PUT", `${basePath}/jobs`)).toEqual({
      kind: "method_not_allowed",
      allow: ["GET", "HEAD"],
    });
  },
);

test("the path '/' is the start page", () => {
  expect(matchRoute("GET", "/")).toEqual({ kind: "matched", operation: "showStart", params: {} });
  expect(matchRoute("POST", "/")).toEqual({ kind: "method_not_allowed", allow: ["GET", "HEAD"] });
});

test.each([
  "",
  "/cce",
  "/cce/",
  "/v1",
  "/v1/docs",
  "/v1/openapi-json",
  "/docs/v1/jobs",
  "/v1/jobs/prod/x/y",
  "/v1/jobs//a",
  "//",
])("the path '%s' has no route", (path) => {
  expect(matchRoute("GET", path)).toEqual({ kind: "path_not_found" });
});
