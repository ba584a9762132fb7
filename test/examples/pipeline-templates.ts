import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const readRepositoryFile = (path: string) => readFile(join(ROOT, path), "utf8");
const readYaml = async (path: string): Promise<unknown> => parse(await readRepositoryFile(path));

const Action = z.object({
  inputs: z.record(
    z.string(),
    z.object({ default: z.string().optional(), required: z.boolean().optional() }),
  ),
  outputs: z.record(z.string(), z.object({ description: z.string() })),
  runs: z.object({ using: z.literal("node24"), main: z.literal("dist/github-action.mjs") }),
});

/** Returns the inputs and outputs of the GitHub Action. */
export const readAction = async () => Action.parse(await readYaml("action.yml"));

const Component = z.object({ spec: z.object({ inputs: z.record(z.string(), z.looseObject({})) }) });
const GitlabJobs = z.record(
  z.string(),
  z.object({ script: z.array(z.string()), variables: z.record(z.string(), z.unknown()) }),
);

/** Returns the names of the inputs of the GitLab component, and its job. */
export async function readGitlabComponent() {
  const documents = parseAllDocuments(await readRepositoryFile("templates/watch.yml"));
  const [head, body] = documents.map((one): unknown => one.toJS());
  const [job] = Object.values(GitlabJobs.parse(body));
  if (job === undefined) throw new Error("the component has no job");
  return { inputs: Object.keys(Component.parse(head).spec.inputs), job };
}

const AzureTemplate = z.object({
  parameters: z.array(z.object({ name: z.string() })),
  steps: z.tuple([z.object({ bash: z.string(), env: z.record(z.string(), z.string()) })]),
});

/** Returns the names of the parameters of the template for Azure Pipelines, and its step. */
export async function readAzureTemplate() {
  const { parameters, steps } = AzureTemplate.parse(await readYaml("modules/azure-pipelines/watch.yml"));
  return { parameters: parameters.map(({ name }) => name), step: steps[0] };
}

const Workflow = z.object({
  jobs: z.object({
    create: z.object({
      steps: z.array(
        z.looseObject({
          uses: z.string().optional(),
          with: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  }),
});
const GitlabExample = z.object({
  include: z.tuple([z.object({ component: z.string(), inputs: z.record(z.string(), z.unknown()) })]),
});
const AzureExample = z.object({
  steps: z.array(z.looseObject({ parameters: z.record(z.string(), z.string()).optional() })),
});

/** Returns the names of the inputs that the examples for GitHub, GitLab and Azure use. */
export async function readUsedInputs() {
  const workflow = Workflow.parse(await readYaml("examples/github-action/workflow.yml"));
  const step = workflow.jobs.create.steps.find(({ uses }) => uses?.includes("/cce-job-notifier@"));
  const [component] = GitlabExample.parse(await readYaml("examples/gitlab/.gitlab-ci.yml")).include;
  const azure = AzureExample.parse(await readYaml("examples/azure-pipelines/azure-pipelines.yml"));
  return {
    github: Object.keys(step?.with ?? {}),
    gitlab: Object.keys(component.inputs),
    azure: azure.steps.flatMap(({ parameters = {} }) => Object.keys(parameters)),
  };
}
