import { cceEndpoint, iamEndpoint } from "../../../lib/cce/endpoints.ts";
import type { Config } from "../../../lib/config/config.ts";
import type { Project } from "../../../lib/config/projects.ts";
import { readAllowList } from "../../../lib/http/allow-list.ts";
import { checkAddresses } from "../../../lib/http/check-addresses.ts";
import { hostPortOf } from "../../../lib/http/check-url.ts";
import { type Finding, wordFor } from "./finding.ts";
import type { Resolve } from "./targets.ts";

/** Resolves the hosts that each project is asked at. Nothing is sent. */
export async function examineEndpoints(
  { projects }: Pick<Config, "projects">,
  resolve: Resolve,
): Promise<readonly Finding[]> {
  const places = Object.entries(projects).flatMap(([name, project]) =>
    urlsOf(project).map((url) => ({ what: `endpoint of ${name}`, url })),
  );
  return Promise.all(places.map(({ what, url }) => examine(what, url, resolve)));
}

function urlsOf(project: Project): readonly URL[] {
  const iam = project.auth.kind === "password" ? iamEndpoint(project) : null;
  return [cceEndpoint(project), iam].flatMap((text) => URL.parse(text ?? "") ?? []);
}

async function examine(what: string, url: URL, resolve: Resolve): Promise<Finding> {
  const hostPort = hostPortOf(url);
  let addresses: readonly string[];
  try {
    addresses = await resolve(hostPort.host);
  } catch (error) {
    const words = `${hostPort.host} has no address (${wordFor(error)})`;
    return { what, state: "fault", words, remedy: "Compare it with the cloud's page of endpoints." };
  }
  // The operator's own word, so no rule refuses it; but functions on AWS have no way into a private network.
  if (checkAddresses(addresses, hostPort, readAllowList([])) !== null)
    return {
      what,
      state: "warning",
      words: `${hostPort.host} is private`,
      remedy: "Functions reach it only from within that network.",
    };
  if (url.protocol === "http:")
    return {
      what,
      state: "warning",
      words: `${hostPort.host} is asked over plain http`,
      remedy: "Whoever listens reads the credentials: begin it with https://.",
    };
  return { what, state: "ok", words: `${hostPort.host} is public` };
}
