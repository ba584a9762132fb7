import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageServiceIfChanged } from "../../../local/package/package-service.ts";
import { findDeploymentFaults } from "../../../local/template/deployment-faults.ts";
import { readService } from "../../../local/template/service.ts";
import { type Package, readPackage } from "../../../local/template/template.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const ORIGINS = { sqs: "http://sqs", api: "http://api" };

let packaged: Package;
beforeAll(async () => {
  packaged = await readPackage(
    await packageServiceIfChanged({ serviceDir: ROOT, buildDir: join(ROOT, "build/packages") }),
  );
});

describe("the compiled serverless.yml", () => {
  it("has no deployment faults", () => {
    expect(findDeploymentFaults(readService(packaged, ORIGINS))).toEqual([]);
  });

  it("lets the poll function send to its own queue more than 16 times", () => {
    const service = readService(packaged, ORIGINS);
    expect(service.functions.find(({ shortName }) => shortName === "poll")?.recursiveLoop).toBe("Allow");
    const functions = service.functions.map((one) => ({ ...one, recursiveLoop: "Terminate" as const }));
    expect(findDeploymentFaults({ ...service, functions })).toContainEqual(
      expect.stringMatching(/^poll: the queue \S+ invokes this function/),
    );
  });
});
