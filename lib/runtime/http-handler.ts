import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { ApiRequest } from "../api/http-message.ts";
import { decodeText, withoutByteOrderMark } from "../http/decode-body.ts";
import { answerRequest, type HandleRequest } from "./answer-request.ts";
import { createLambdaHandler } from "./invocation.ts";

/** Creates the Lambda handler of a function behind the HTTP API (payload format 2.0). */
export function createHttpHandler(handle: HandleRequest) {
  return createLambdaHandler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(
    async (event, invocation) => {
      // API Gateway reports only the route `$default` for the api function. The api function itself adds the matched
      // route to the log line.
      const response = await answerRequest(handle, readRequest(event), invocation, event.routeKey);
      return {
        statusCode: response.status,
        headers: { ...response.headers },
        ...(response.body === undefined ? {} : { body: response.body }),
      };
    },
  );
}

function readRequest(event: APIGatewayProxyEventV2): ApiRequest {
  const { http, requestId } = event.requestContext;
  return {
    method: http.method.toUpperCase(),
    path: event.rawPath,
    query: new URLSearchParams(event.rawQueryString),
    headers: event.headers,
    body: readBody(event),
    requestId,
    sourceIp: http.sourceIp,
  };
}

/** API Gateway sends a body that is not UTF-8 text as base64. */
function readBody({ body = "", isBase64Encoded, headers }: APIGatewayProxyEventV2): string {
  return isBase64Encoded
    ? decodeText(Buffer.from(body, "base64"), headers["content-type"])
    : withoutByteOrderMark(body);
}
