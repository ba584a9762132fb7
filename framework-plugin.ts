/**
 * A plugin of the Serverless Framework for two missing checks. The plugin refuses names that Lambda would refuse in the
 * middle of a deployment. The plugin also accepts regions that the framework does not know, such as `eusc-de-east-1`. A
 * reserved concurrency of 0 means that nothing is reserved. For the framework, 0 would mean that the function never
 * runs.
 */

/**
 * Matches the region codes of every AWS partition. Examples are `eu-central-1`, `us-gov-west-1`, `us-isob-east-1`,
 * `cn-north-1` and `eusc-de-east-1`. The first part of a region code is a geography of AWS, and the part before the
 * number is a direction.
 */
export const REGION =
  /^(?:(?:af|ap|ca|cn|eu|il|me|mx|sa|us)|us-gov|(?:us|eu)-iso[a-z]?|eusc-[a-z]{2})-(?:central|(?:north|south)(?:east|west)?|east|west)-\d{1,2}$/;

/**
 * The maximum length of a Lambda function's name.
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
 */
const MAX_FUNCTION_NAME = 64;
/** Matches a region code of the AWS partition `aws-eusc`. */
const SOVEREIGN_REGION = /^eusc-/;
/** The address of S3 that the framework uses for every unknown region. */
const DEFAULT_S3 = "https://s3.amazonaws.com/";

interface StackParameters {
  readonly templateUrl?: string;
}
/** The methods of the framework's deployment plugin that this plugin replaces. */
interface DeploymentPlugin {
  getCreateStackParams?: (parameters: StackParameters) => unknown;
  getUpdateStackParams?: (parameters: StackParameters) => unknown;
  validateTemplate?: () => Promise<unknown>;
}
/** The parts of the Serverless Framework that this plugin uses. */
export interface Framework {
  /** The framework's own class of errors. The framework prints these errors without a stack trace. */
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly service: {
    readonly provider: { readonly region?: string; readonly stage?: string };
    readonly functions: Readonly<Record<string, { readonly name?: string; reservedConcurrency?: number }>>;
  };
  readonly configurationInput?: { readonly provider?: { readonly region?: unknown } };
  readonly configSchemaHandler: {
    readonly schema: {
      readonly properties: { readonly provider: { readonly properties: { region: { enum: string[] } } } };
    };
  };
  readonly pluginManager: { readonly plugins: readonly DeploymentPlugin[] };
}

export default class FrameworkPlugin {
  readonly hooks: Readonly<Record<string, () => void>>;

  /**
   * Adds the configured region to the framework's allowed regions. The framework checks the configuration only after
   * the call of the constructor.
   */
  constructor(framework: Framework) {
    const region = framework.configurationInput?.provider?.region;
    if (typeof region === "string" && REGION.test(region)) allowRegion(framework, region);
    this.hooks = {
      initialize: () => {
        checkNames(framework);
        for (const lambda of Object.values(framework.service.functions))
          if (Number(lambda.reservedConcurrency) === 0) delete lambda.reservedConcurrency;
        const resolved = framework.service.provider.region ?? "";
        if (SOVEREIGN_REGION.test(resolved)) useSovereignS3(framework, resolved);
      },
    };
  }
}

/** @throws Error if a function's name is too long. The framework itself accepts a name that is too long. */
function checkNames({ service, classes }: Framework): void {
  for (const { name = "" } of Object.values(service.functions))
    if (name.length > MAX_FUNCTION_NAME)
      throw new classes.Error(
        `The stage name ${service.provider.stage} is too long: the function ${name} would have ${name.length} ` +
          `characters, and Lambda allows ${MAX_FUNCTION_NAME}. Choose a stage name with at most 38 characters.`,
        "STAGE_NAME_TOO_LONG",
      );
}

function allowRegion({ configSchemaHandler }: Framework, region: string): void {
  const { enum: regions } = configSchemaHandler.schema.properties.provider.properties.region;
  if (!regions.includes(region)) regions.push(region);
}

/**
 * Changes the address of S3 to the address of the partition aws-eusc. The separate validation of the template is
 * omitted, because CloudFormation checks the template again during the update of the stack.
 */
function useSovereignS3({ pluginManager }: Framework, region: string): void {
  const own = (parameters: StackParameters): StackParameters => ({
    ...parameters,
    ...(parameters.templateUrl !== undefined && {
      templateUrl: parameters.templateUrl.replace(DEFAULT_S3, `https://s3.${region}.amazonaws.eu/`),
    }),
  });
  for (const plugin of pluginManager.plugins) {
    const { getCreateStackParams: create, getUpdateStackParams: update } = plugin;
    if (create !== undefined)
      plugin.getCreateStackParams = (parameters) => create.call(plugin, own(parameters));
    if (update !== undefined)
      plugin.getUpdateStackParams = (parameters) => update.call(plugin, own(parameters));
    if (plugin.validateTemplate !== undefined) plugin.validateTemplate = async () => undefined;
  }
}
