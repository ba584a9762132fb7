import { createClusterConsoleUrl } from "../../../lib/domain/console-url.ts";

const CLUSTER = "5b4e7f3a-0d1e-11ef";
const pathFor = (region: string) => `/cce2.0/?region=${region}#/cce/cluster/${CLUSTER}/detail`;

it.each([
  ["eu-de", "console.otc.t-systems.com"],
  ["eu-nl", "console.otc.t-systems.com"],
  ["eu-west-101", "console.huaweicloud.eu"],
  ["cn-north-4", "console.huaweicloud.com"],
  ...[
    "ap-southeast-3",
    "af-south-1",
    "la-south-2",
    "na-mexico-1",
    "sa-brazil-1",
    "me-east-1",
    "tr-west-1",
  ].map((region) => [region, "console-intl.huaweicloud.com"]),
])("the page of a cluster in the region %s is on the host %s", (region, host) => {
  expect(createClusterConsoleUrl(region, CLUSTER)).toBe(`https://${host}${pathFor(region)}`);
});

it.each([
  ["no region", null, CLUSTER],
  ["no cluster", "eu-de", null],
  ["a region of an unknown cloud", "xx-east-1", CLUSTER],
  ["a region with a known part in its middle", "xap-east-1", CLUSTER],
  ["a region that is not complete", "ap-", CLUSTER],
  ["a region with capital letters", "ap-EAST", CLUSTER],
  ["a region with a capital letter at its end", "ap-eastX", CLUSTER],
  ["a region with a character that a URL escapes", "cn-north/4", CLUSTER],
  ["a cluster ID with a character that a URL escapes", "eu-de", "a/b"],
  ["a region with such a character at its end", "cn-north-4#", CLUSTER],
  ["a cluster ID with such a character at its start", "eu-de", "#a"],
  ["an empty cluster ID", "eu-de", ""],
  ["a cluster ID of more than 64 characters", "eu-de", "c".repeat(65)],
])("there is no URL for %s", (_, region, clusterId) => {
  expect(createClusterConsoleUrl(region, clusterId)).toBeNull();
});

it("a cluster ID may have 64 characters", () => {
  expect(createClusterConsoleUrl("eu-de", "c".repeat(64))).toContain("c".repeat(64));
});
