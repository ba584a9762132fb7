import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ACCOUNT_ID } from "../../local/template/scope.ts";
import { installProgram, runInstaller } from "./install-program.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

const DYNAMODB_LOCAL = "com.amazonaws:DynamoDBLocal:2.6.1";
const ELASTICMQ = "org.elasticmq:elasticmq-server_2.13:1.7.1";
const REGION = "eu-central-1";

/** Starts DynamoDB Local, the DynamoDB of AWS for one machine, with its tables in memory. @throws ServerNotStartedError */
export async function startDynamoDbLocal(stopping: AbortSignal): Promise<ServerProcess> {
  const jars = await installJars("DynamoDB Local", DYNAMODB_LOCAL, stopping);
  const parameters = [
    "-Xmx512m",
    `-Djava.library.path=${jars}`,
    "-cp",
    `${jars}/*`,
    "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
    "-inMemory",
    // Without this option, each access key has its own tables.
    "-sharedDb",
    // Without this option, the server sends usage data to AWS when it starts.
    "-disableTelemetry",
  ];
  return startServerProcess({
    name: "dynamodb-local",
    stopping,
    command: (port) => ["java", ...parameters, "-port", String(port)],
  });
}

/** Starts ElasticMQ, an SQS server with the limits of SQS, with its queues in memory. @throws ServerNotStartedError */
export async function startElasticMq(stopping: AbortSignal): Promise<ServerProcess> {
  const jars = await installJars("ElasticMQ", ELASTICMQ, stopping);
  return startServerProcess({
    name: "elasticmq",
    stopping,
    command: (port) => [
      "java",
      "-Xmx256m",
      ...Object.entries({
        "node-address.host": "127.0.0.1",
        "node-address.port": port,
        "rest-sqs.bind-hostname": "127.0.0.1",
        "rest-sqs.bind-port": port,
        "rest-sqs.sqs-limits": "strict",
        "rest-stats.enabled": false,
        "aws.region": REGION,
        "aws.accountId": ACCOUNT_ID,
      }).map(([name, value]) => `-D${name}=${value}`),
      "-cp",
      `${jars}/*`,
      "org.elasticmq.server.Main",
    ],
  });
}

/**
 * Downloads a Java program and its libraries with Maven, unless an earlier run downloaded them. Returns the folder of
 * the jar files.
 * @param coordinates the program as `group:artifact:version`.
 */
async function installJars(name: string, coordinates: string, signal: AbortSignal): Promise<string> {
  const need =
    `${name} needs Java 17 or newer and Maven. On Debian, install them with: ` +
    "apt-get install default-jre-headless maven";
  await runInstaller(need, "java", ["-version"], { signal });
  const [group = "", artifact = "", version = ""] = coordinates.split(":");
  const folder = await installProgram(`${artifact}-${version}`, async (project) => {
    await runInstaller(need, "mvn", ["-version"], { signal });
    await writeFile(
      join(project, "pom.xml"),
      `<project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>servers</groupId><artifactId>servers</artifactId><version>1</version><packaging>pom</packaging>
        <dependencies><dependency>
          <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
        </dependency></dependencies>
      </project>`,
    );
    const parameters = ["-B", "-q", "dependency:copy-dependencies", "-DoutputDirectory=jars"];
    await runInstaller(`${name} cannot be downloaded from Maven Central.`, "mvn", parameters, {
      cwd: project,
      signal,
    });
  });
  return join(folder, "jars");
}
