import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageService } from "../../../local/package/package-service.ts";
import { judge } from "../../../local/template/deployment-faults.ts";
import { readService } from "../../../local/template/service.ts";
import { type Package, readPackage } from "../../../local/template/template.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const ORIGINS = { sqs: "http://sqs", api: "http://api" };

let packaged: Package;
beforeAll(async () => {
  packaged = await readPackage(
    await packageService({ serviceDir: ROOT, buildDir: join(ROOT, "build/packages") }),
  );
}, 60_000);

describe("this repository's own serverless.yml, compiled", () => {
  it("is one that AWS would run", () => {
    expect(judge(readService(packaged, ORIGINS))).toEqual([]);
  });

  it("keeps Lambda from stopping the poll function in the middle of a job", () => {
    const service = readService(packaged, ORIGINS);
    expect(service.functions.find(({ shortName }) => shortName === "poll")?.recursiveLoop).toBe("Allow");
    const functions = service.functions.map((one) => ({ ...one, recursiveLoop: "Terminate" as const }));
    expect(judge({ ...service, functions })).toContainEqual(
      expect.stringMatching(/^poll: it is fed by the queue/),
    );
  });
});
