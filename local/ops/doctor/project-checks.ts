import type { CceClient } from "../../../lib/cce/client.ts";
import {
  configuredOrDerivedIamEndpoint,
  configuredOrRegionalCceEndpoint,
} from "../../../lib/cce/endpoints.ts";
import type { WholeConfig } from "../../../lib/config/config.ts";
import type { Project } from "../../../lib/config/projects.ts";
import type { Observation } from "../../../lib/domain/job.ts";
import { findRefusingRule } from "../../../lib/http/egress.ts";
import { hostPortOf, parseAllowListIgnoringInvalid } from "../../../lib/http/egress-rules.ts";
import { type Finding, faultFinding, okFinding, readErrorName, warningFinding } from "./finding.ts";
import type { Resolve } from "./target-checks.ts";

/** The ID of a job that no cloud has. With valid credentials, CCE answers that the job is not found. */
const UNKNOWN_JOB_ID = "00000000-0000-0000-0000-000000000000";
const TIME_LIMIT_MS = 10_000;

/** Checks each project's credentials with a request for a job that does not exist. */
export async function checkProjects(
  { projects }: Pick<WholeConfig, "projects">,
  cce: Pick<CceClient, "queryJob">,
): Promise<readonly Finding[]> {
  const names = Object.keys(projects);
  if (names.length === 0)
    return [
      warningFinding("projects", "the config has none", "Add a project. Without one the API accepts no job."),
    ];
  return Promise.all(
    names.map(async (project) => {
      const key = { project, jobId: UNKNOWN_JOB_ID };
      return toFinding(`project ${project}`, await cce.queryJob(key, { timeLimitMs: TIME_LIMIT_MS }));
    }),
  );
}

/**
 * What to do if CCE refuses a request or does not respond. Each key is the kind of a failed request, such as
 * `unauthorized`.
 */
const REMEDIES = {
  unauthorized:
    "The credentials are wrong, expired or of another cloud. Store new ones in the project's auth.",
  forbidden: "The user may not read jobs. Grant the user CCE ReadOnlyAccess in this project.",
  misconfigured:
    "Compare projectId, region and endpoint with the page of API credentials in the cloud's console.",
  throttled: "Try again in a minute.",
  unavailable: "Check the endpoint, and the cloud's status page for an outage.",
};

function toFinding(item: string, observation: Observation): Finding {
  const { kind } = observation;
  if (kind === "job" || kind === "gone") return okFinding(item, "CCE answers and accepts the credentials");
  return (kind === "throttled" ? warningFinding : faultFinding)(item, observation.text, REMEDIES[kind]);
}

/**
 * Resolves the host names of each project's CCE and IAM endpoints. This check does not connect to the CCE and IAM
 * endpoints.
 */
export async function checkEndpoints(
  { projects }: Pick<WholeConfig, "projects">,
  resolve: Resolve,
): Promise<readonly Finding[]> {
  const endpoints = Object.entries(projects).flatMap(([name, project]) =>
    endpointUrls(project).map((url) => checkEndpoint(`endpoint of ${name}`, url, resolve)),
  );
  return Promise.all(endpoints);
}

function endpointUrls(project: Project): readonly URL[] {
  const iam = project.auth.kind === "password" ? configuredOrDerivedIamEndpoint(project) : null;
  return [configuredOrRegionalCceEndpoint(project), iam].flatMap((text) => URL.parse(text ?? "") ?? []);
}

async function checkEndpoint(item: string, url: URL, resolve: Resolve): Promise<Finding> {
  const hostPort = hostPortOf(url);
  const { host } = hostPort;
  let addresses: readonly string[];
  try {
    addresses = await resolve(host);
  } catch (error) {
    return faultFinding(
      item,
      `${host} has no address (${readErrorName(error)})`,
      "Compare the host with the cloud's list of endpoints.",
    );
  }
  // The egress rules do not check the CCE and IAM endpoints, because the operator chooses the endpoints. If a CCE or
  // IAM endpoint has a private address, the result is a warning, because a service in another network cannot reach the
  // endpoint.
  if (findRefusingRule(addresses, hostPort, parseAllowListIgnoringInvalid([])) !== null)
    return warningFinding(
      item,
      `${host} has a private address`,
      "A service outside that network cannot reach it.",
    );
  if (url.protocol === "http:")
    return warningFinding(
      item,
      `${host} is used over plain http`,
      "Others on the network can read the credentials. Use https://.",
    );
  return okFinding(item, `${host} has a public address`);
}
