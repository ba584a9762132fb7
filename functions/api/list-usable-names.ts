import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import type { ProblemResponse } from "../../lib/api/problem.ts";
import { rejectQueryAndBody } from "../../lib/api/request-body.ts";
import type { ProjectList, TargetList } from "../../lib/api/usable-names.ts";
import { type Caller, mayUse } from "../../lib/auth/caller.ts";
import type { ApiPorts } from "./api-ports.ts";

type Ports = Pick<ApiPorts, "configs">;

/** Creates the response to `GET /v1/targets`: the names and kinds of the targets that the caller may use. */
export async function listTargets(
  _params: unknown,
  request: ApiRequest,
  { configs }: Ports,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const problem = rejectQueryAndBody(request);
  if (problem !== null) return problem;
  const targets = Object.entries((await configs.current()).targets)
    .filter(([target]) => mayUse(caller, { target }))
    .map(([name, { kind }]) => ({ name, kind }))
    .sort(byName);
  return jsonResponse(200, { targets } satisfies TargetList, VARY);
}

/** Creates the response to `GET /v1/projects`: the names of the projects that the caller may use. */
export async function listProjects(
  _params: unknown,
  request: ApiRequest,
  { configs }: Ports,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const problem = rejectQueryAndBody(request);
  if (problem !== null) return problem;
  const projects = Object.keys((await configs.current()).projects)
    .filter((project) => mayUse(caller, { project }))
    .map((name) => ({ name }))
    .sort(byName);
  return jsonResponse(200, { projects } satisfies ProjectList, VARY);
}

const VARY = { vary: "authorization" };

interface Named {
  readonly name: string;
}

const byName = (a: Named, b: Named) => (a.name < b.name ? -1 : 1);
