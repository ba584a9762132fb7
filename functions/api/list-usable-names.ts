import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import type { ProjectList, TargetList } from "../../lib/api/list-and-health-documents.ts";
import type { ProblemResponse } from "../../lib/api/problem-response.ts";
import { rejectUnexpectedQueryOrBody } from "../../lib/api/request-body.ts";
import { type Caller, mayUse } from "../../lib/auth/caller-rights.ts";
import type { ApiPorts } from "./api-ports.ts";

type Ports = Pick<ApiPorts, "configs">;

/** Creates the response to `GET /v1/targets`: names and kinds of the caller's targets. */
export async function listUsableTargetsOrInvalidRequest(
  _params: unknown,
  request: ApiRequest,
  { configs }: Ports,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const { targets } = await configs.current();
  const usable = Object.entries(targets)
    .filter(([target]) => mayUse(caller, { target }))
    .map(([name, { kind }]) => ({ name, kind }));
  return listResponse(request, { targets: usable.sort(byName) });
}

/** Creates the response to `GET /v1/projects`: names of the caller's projects. */
export async function listUsableProjects(
  _params: unknown,
  request: ApiRequest,
  { configs }: Ports,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const { projects } = await configs.current();
  const usable = Object.keys(projects)
    .filter((project) => mayUse(caller, { project }))
    .map((name) => ({ name }));
  return listResponse(request, { projects: usable.sort(byName) });
}

function listResponse(request: ApiRequest, list: TargetList | ProjectList): ApiResponse | ProblemResponse {
  return rejectUnexpectedQueryOrBody(request) ?? jsonResponse(200, list, { vary: "authorization" });
}

interface Named {
  readonly name: string;
}

const byName = (a: Named, b: Named) => (a.name < b.name ? -1 : 1);
