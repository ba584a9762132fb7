import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { SERVICE, type Stage } from "./stage.ts";

/** The address of a stage's HTTP API, from its stack. Throws when there is no such stack, or what AWS answers. */
export async function apiAddress({ stage, region }: Stage): Promise<string> {
  const client = new CloudFormationClient({ region });
  const { Stacks = [] } = await client
    .send(new DescribeStacksCommand({ StackName: `${SERVICE}-${stage}` }))
    .finally(() => client.destroy());
  const url = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === "HttpApiUrl")?.OutputValue;
  if (url === undefined) throw new Error(`the stack ${SERVICE}-${stage} has no HTTP API yet`);
  return url;
}
