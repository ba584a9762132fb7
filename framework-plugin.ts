/**
 * A plugin of the Serverless Framework. It does two things that the framework omits: it refuses names that Lambda would
 * refuse in the middle of a deployment, and it accepts regions that the framework's list lacks, such as `eusc-de-east-1`.
 */

/**
 * Every region of every partition: `eu-central-1`, `us-gov-west-1`, `us-isob-east-1`, `cn-north-1`, `eusc-de-east-1`. The
 * first part is a geography of AWS, the part before the number is a direction.
 */
export const REGION =
  /^(?:(?:af|ap|ca|cn|eu|il|me|mx|sa|us)|us-gov|(?:us|eu)-iso[a-z]?|eusc-[a-z]{2})-(?:central|(?:north|south)(?:east|west)?|east|west)-\d{1,2}$/;

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
const MAX_FUNCTION_NAME = 64;
/** A region of the partition aws-eusc. */
const SOVEREIGN_REGION = /^eusc-/;
/** The framework's address of S3 for every region that it does not know. */
const DEFAULT_S3 = "https://s3.amazonaws.com/";

interface StackParameters {
  readonly templateUrl?: string;
}
/** The part of the framework's deployment plugin that is used here. */
interface DeploymentPlugin {
  getCreateStackParams?: (parameters: StackParameters) => unknown;
  getUpdateStackParams?: (parameters: StackParameters) => unknown;
  validateTemplate?: () => Promise<unknown>;
}
/** The part of the framework that is used here. */
export interface Framework {
  /** The framework prints the message of such an error without a stack. */
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly service: {
    readonly provider: { readonly region?: string; readonly stage?: string };
    readonly functions: Readonly<Record<string, { readonly name?: string }>>;
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

  /** The framework makes its plugins before it checks the configuration. */
  constructor(framework: Framework) {
    const region = framework.configurationInput?.provider?.region;
    if (typeof region === "string" && REGION.test(region)) allowRegion(framework, region);
    this.hooks = {
      initialize: () => {
        checkNames(framework);
        const resolved = framework.service.provider.region ?? "";
        if (SOVEREIGN_REGION.test(resolved)) useSovereignS3(framework, resolved);
      },
    };
  }
}

/** @throws Error when a function's name is too long. The framework itself would package it. */
function checkNames({ service, classes }: Framework): void {
  for (const { name = "" } of Object.values(service.functions))
    if (name.length > MAX_FUNCTION_NAME)
      throw new classes.Error(
        `The stage name ${service.provider.stage} is too long: the function ${name} would have ${name.length} ` +
          `characters, and Lambda allows ${MAX_FUNCTION_NAME}. Choose a stage name with at most 39 characters.`,
        "STAGE_NAME_TOO_LONG",
      );
}

function allowRegion({ configSchemaHandler }: Framework, region: string): void {
  const { enum: regions } = configSchemaHandler.schema.properties.provider.properties.region;
  if (!regions.includes(region)) regions.push(region);
}

/** The partition has its own address of S3. CloudFormation checks the template again when it updates the stack. */
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
