import {
  configuredOrDerivedIamEndpoint,
  configuredOrDerivedSmnOrigins,
  configuredOrRegionalCceEndpoint,
} from "../../../lib/cce/endpoints.ts";
import { Project } from "../../../lib/config/projects.ts";

const password = { kind: "password", domain: "d", user: "u", password: "p" };
const project = (fields: object, auth: object = password) =>
  Project.parse({ projectId: "p", ...fields, auth });

describe("configuredOrRegionalCceEndpoint", () => {
  it.each([
    ["cn-north-4", "https://cce.cn-north-4.myhuaweicloud.com"],
    ["eu-west-101", "https://cce.eu-west-101.myhuaweicloud.eu"],
    ["eu-de", "https://cce.eu-de.otc.t-systems.com"],
    ["eu-nl", "https://cce.eu-nl.otc.t-systems.com"],
    ["constructor", "https://cce.constructor.myhuaweicloud.com"],
  ])("derives the URL from the region %s", (region, endpoint) => {
    expect(configuredOrRegionalCceEndpoint(project({ region }))).toBe(endpoint);
  });
  it.each([
    ["https://cce.example.com/", "https://cce.example.com"],
    ["https://proxy.example.com/cce//", "https://proxy.example.com/cce"],
    ["http://127.0.0.1:8080/?x=1#y", "http://127.0.0.1:8080"],
  ])("returns a configured endpoint without query and trailing slashes: %s", (endpoint, trimmed) => {
    expect(configuredOrRegionalCceEndpoint(project({ region: "eu-de", endpoint }))).toBe(trimmed);
  });
});

describe("configuredOrDerivedIamEndpoint", () => {
  it.each([
    [{ region: "cn-north-4" }, "https://iam.cn-north-4.myhuaweicloud.com"],
    [{ region: "eu-de" }, "https://iam.eu-de.otc.t-systems.com"],
    [{ endpoint: "https://cce.sc.example.com:8443" }, "https://iam.sc.example.com:8443"],
    [{ endpoint: "https://proxy.example.com", region: "eu-nl" }, "https://iam.eu-nl.otc.t-systems.com"],
  ])("derives the URL from %j", (fields, endpoint) => {
    expect(configuredOrDerivedIamEndpoint(project(fields))).toBe(endpoint);
  });
  it("returns a configured endpoint without the API version", () => {
    for (const path of ["", "/", "/v3", "/v3/"]) {
      const auth = { ...password, iamEndpoint: `https://iam.example.com${path}` };
      expect(configuredOrDerivedIamEndpoint(project({ region: "eu-de" }, auth))).toBe(
        "https://iam.example.com",
      );
    }
  });
  it("keeps an API version inside the path of a configured endpoint", () => {
    const auth = { ...password, iamEndpoint: "https://proxy.example.com/v3/iam" };
    expect(configuredOrDerivedIamEndpoint(project({ region: "eu-de" }, auth))).toBe(auth.iamEndpoint);
  });
  it("returns null when neither a region nor a cce host is configured", () => {
    expect(configuredOrDerivedIamEndpoint(project({ endpoint: "https://proxy.example.com" }))).toBeNull();
  });
});

describe("configuredOrDerivedSmnOrigins", () => {
  it("returns only the origin of a configured URL", () => {
    const origins = ["https://smn.example.com:8443"];
    expect(configuredOrDerivedSmnOrigins("urn:smn:eu-de:p:t", "https://smn.example.com:8443/v2")).toEqual({
      certificate: origins,
      confirmation: origins,
    });
  });
  it.each([
    ["eu-de", "smn.eu-de.otc.t-systems.com", ["console.otc.t-systems.com"]],
    [
      "eu-west-101",
      "smn.eu-west-101.myhuaweicloud.eu",
      ["console.huaweicloud.eu", "console.myhuaweicloud.eu"],
    ],
    [
      "cn-north-4",
      "smn.cn-north-4.myhuaweicloud.com",
      ["console.huaweicloud.com", "console-intl.huaweicloud.com", "console.myhuaweicloud.com"],
    ],
  ])("derives the hosts of SMN and of the console from the region %s", (region, smn, consoles) => {
    expect(configuredOrDerivedSmnOrigins(`urn:smn:${region}:p:t`, undefined)).toEqual({
      certificate: [`https://${smn}`],
      confirmation: consoles.map((host) => `https://${host}`),
    });
  });
});
