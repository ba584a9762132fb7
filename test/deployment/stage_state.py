"""Prints everything that belongs to a stage on a server of AWS, as JSON: stage_state.py ENDPOINT REGION STAGE.

Values that AWS chooses (IDs, times, hashes) are left out, so that two states can be compared.
"""

import ast
import json
import sys

import boto3

ENDPOINT, REGION, STAGE = sys.argv[1:]
PREFIX = f"cce-job-notifier-{STAGE}"


def client(service):
    keys = {"aws_access_key_id": "check", "aws_secret_access_key": "check"}
    return boto3.client(service, endpoint_url=ENDPOINT, region_name=REGION, **keys)


def pick(source, *names):
    return {name: source[name] for name in names if name in source}


def pages(service, call, key, **parameters):
    for page in client(service).get_paginator(call).paginate(**parameters):
        yield from page.get(key, [])


def queues():
    sqs = client("sqs")
    found = {}
    for url in sqs.list_queues().get("QueueUrls", []):
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        chosen = ("CreatedTimestamp", "LastModifiedTimestamp", "QueueArn")
        kept = {name: value for name, value in attributes.items() if name not in chosen}
        for name in ("Policy", "RedrivePolicy"):
            if name in kept:
                kept[name] = json.loads(kept[name])
        found[url.rsplit("/", 1)[-1]] = kept
    return found


def functions():
    found = {}
    for function in pages("lambda", "list_functions", "Functions"):
        name = function["FunctionName"]
        kept = pick(function, "Runtime", "Handler", "Timeout", "MemorySize", "Environment", "Description")
        kept["role"] = function["Role"].rsplit("/", 1)[-1]
        try:
            invoke = client("lambda").get_function_event_invoke_config(FunctionName=name)
            kept["invoke"] = pick(invoke, "MaximumRetryAttempts")
        except client("lambda").exceptions.ResourceNotFoundException:
            pass
        found[name] = kept
    return found


def mappings():
    names = ("BatchSize", "ScalingConfig", "FunctionResponseTypes", "FunctionArn", "State")
    found = pages("lambda", "list_event_source_mappings", "EventSourceMappings")
    return {mapping["EventSourceArn"]: pick(mapping, *names) for mapping in found}


def roles():
    iam = client("iam")
    found = {}
    for role in pages("iam", "list_roles", "Roles"):
        name = role["RoleName"]
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in names]
        # moto stores the document of a policy from CloudFormation as the text of a Python object.
        documents = [ast.literal_eval(each) if isinstance(each, str) else each for each in documents]
        found[name] = [statement for document in documents for statement in document["Statement"]]
    return found


def alarms():
    chosen = ("AlarmArn", "AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp", "StateReasonData")
    found = {}
    for alarm in pages("cloudwatch", "describe_alarms", "MetricAlarms"):
        found[alarm["AlarmName"]] = {name: value for name, value in alarm.items() if name not in chosen}
        found[alarm["AlarmName"]].pop("StateTransitionedTimestamp", None)
    return found


def topics():
    sns = client("sns")
    found = {}
    for topic in pages("sns", "list_topics", "Topics"):
        arn = topic["TopicArn"]
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        subscriptions = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        found[arn] = {
            "policy": json.loads(attributes["Policy"]),
            "subscriptions": [pick(each, "Protocol", "Endpoint") for each in subscriptions],
        }
    return found


def apis():
    gateway = client("apigatewayv2")
    found = {}
    for api in gateway.get_apis()["Items"]:
        api_id = api["ApiId"]
        integrations = {
            each["IntegrationId"]: pick(each, "IntegrationUri", "PayloadFormatVersion", "TimeoutInMillis")
            for each in gateway.get_integrations(ApiId=api_id)["Items"]
        }
        routes = {
            route["RouteKey"]: integrations[route["Target"].rsplit("/", 1)[-1]]
            for route in gateway.get_routes(ApiId=api_id)["Items"]
        }
        stages = [
            pick(stage, "StageName", "AutoDeploy", "DefaultRouteSettings", "AccessLogSettings")
            for stage in gateway.get_stages(ApiId=api_id)["Items"]
        ]
        found[api["Name"]] = {"routes": routes, "stages": stages}
    return found


def rules():
    events = client("events")
    found = {}
    for rule in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        targets = [target["Arn"] for target in targets]
        found[rule["Name"]] = {**pick(rule, "ScheduleExpression", "State"), "targets": targets}
    return found


def tables():
    dynamodb = client("dynamodb")
    found = {}
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        indexes = [pick(index, "IndexName", "KeySchema", "Projection") for index in table["GlobalSecondaryIndexes"]]
        ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        point_in_time = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        items = dynamodb.scan(TableName=name)["Items"]
        found[name] = {
            **pick(table, "KeySchema", "BillingModeSummary"),
            "indexes": sorted(indexes, key=lambda index: index["IndexName"]),
            "ttl": ttl,
            "pointInTimeRecovery": point_in_time,
            "items": items,
        }
        found[name]["BillingModeSummary"].pop("LastUpdateToPayPerRequestDateTime", None)
    return found


def parameters():
    found = pages("ssm", "get_parameters_by_path", "Parameters", Path=f"/cce-job-notifier/{STAGE}", Recursive=True)
    return {parameter["Name"]: pick(parameter, "Value", "Type", "Version") for parameter in found}


print(
    json.dumps(
        {
            "queues": queues(),
            "functions": functions(),
            "mappings": mappings(),
            "roles": roles(),
            "alarms": alarms(),
            "topics": topics(),
            "apis": apis(),
            "rules": rules(),
            "tables": tables(),
            "parameters": parameters(),
            "logGroups": {
                group["logGroupName"]: group.get("retentionInDays")
                for group in pages("logs", "describe_log_groups", "logGroups")
            },
            "dashboards": [each["DashboardName"] for each in pages("cloudwatch", "list_dashboards", "DashboardEntries")],
            "buckets": len(client("s3").list_buckets()["Buckets"]),
            "stacks": [
                pick(stack, "StackName", "StackStatus")
                for stack in client("cloudformation").describe_stacks()["Stacks"]
            ],
        },
        default=str,
    )
)
