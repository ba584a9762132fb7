import FrameworkPlugin, { type Framework } from "../../framework-plugin.ts";

/** Runs the plugin for a region. */
function runPlugin(
  region: string,
  functions: Framework["service"]["functions"],
  plugins: Framework["pluginManager"]["plugins"] = [],
): void {
  const framework: Framework = {
    classes: { Error: class extends Error {} },
    service: { provider: { region, stage: "prod" }, functions },
    configurationInput: { provider: { region } },
    configSchemaHandler: {
      schema: { properties: { provider: { properties: { region: { enum: [] } } } } },
    },
    pluginManager: { plugins },
  };
  new FrameworkPlugin(framework).hooks.initialize?.();
}

/** Runs the plugin for a region. Returns the template URLs that the deployment plugin receives. */
function templateUrls(region: string): (string | undefined)[] {
  const received: (string | undefined)[] = [];
  const take = ({ templateUrl }: { readonly templateUrl?: string }) => received.push(templateUrl);
  const deployment = { getCreateStackParams: take, getUpdateStackParams: take };
  runPlugin(region, { poll: { name: "s-prod-poll" } }, [{}, deployment]);
  deployment.getCreateStackParams({ templateUrl: "https://s3.amazonaws.com/bucket/create.json" });
  deployment.getUpdateStackParams({ templateUrl: "https://s3.amazonaws.com/bucket/update.json" });
  deployment.getCreateStackParams({});
  return received;
}

test("the template of a sovereign region is read from the S3 of its partition", () => {
  expect(templateUrls("eusc-de-east-1")).toEqual([
    "https://s3.eusc-de-east-1.amazonaws.eu/bucket/create.json",
    "https://s3.eusc-de-east-1.amazonaws.eu/bucket/update.json",
    undefined,
  ]);
});

test("the template of any other region is read from the address that the framework knows", () => {
  expect(templateUrls("eu-central-1")).toEqual([
    "https://s3.amazonaws.com/bucket/create.json",
    "https://s3.amazonaws.com/bucket/update.json",
    undefined,
  ]);
});

test("a reserved concurrency of 0 reserves nothing, and any other reserved concurrency stays", () => {
  const functions = { poll: { reservedConcurrency: 0 }, notify: { reservedConcurrency: 10 }, api: {} };
  runPlugin("eu-central-1", functions);
  expect(functions).toEqual({ poll: {}, notify: { reservedConcurrency: 10 }, api: {} });
});
