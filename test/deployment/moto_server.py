"""Starts moto as a server for a deployment of this service: moto_server.py PORT.

moto lacks some types of CloudFormation resources, the rollback of a failed update and the policy RetainExceptOnCreate.
moto also runs no action of an alarm, and has no history of alarms. This script adds them. A resource of an added type is made by the call of AWS that CloudFormation makes, with the properties
of the template. boto3 checks the parameters of each call against the API model of AWS.
"""

import json
import sys
import warnings

import boto3
from botocore.exceptions import ClientError
from moto.cloudformation import models as cloudformation
from moto.cloudformation import parsing, utils
from moto.cloudwatch.models import Alarm
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.dynamodb.models.table import Table
from moto.logs.models import LogGroup
from moto.server import main as serve

PORT = sys.argv[1]


def client(service, region):
    keys = {"aws_access_key_id": "check", "aws_secret_access_key": "check"}
    return boto3.client(service, endpoint_url=f"http://127.0.0.1:{PORT}", region_name=region, **keys)


def add_type(type_name, create, delete=None, update=None, attributes=()):
    """Adds a type of resource. `create` and `update` get a function that makes a client, and the properties of the
    resource. They return the ID of the resource and its attributes for Fn::GetAtt. Without `update`, an update calls
    `create` again, which overwrites the resource."""

    class Resource(CloudFormationModel):
        # moto files the resources of a service by the second part of the module's name.
        __module__ = "moto.cloudformation"

        def __init__(self, region, made, properties):
            self.region, self.properties = region, properties
            self.physical_resource_id, self.attributes = made

        @staticmethod
        def cloudformation_name_type():
            return ""

        @staticmethod
        def cloudformation_type():
            return type_name

        @classmethod
        def has_cfn_attr(cls, attr):
            return attr in attributes

        def get_cfn_attribute(self, name):
            return self.attributes[name]

        @classmethod
        def create_from_cloudformation_json(cls, _name, resource, _account, region, **_):
            properties = resource["Properties"]
            return cls(region, create(lambda service: client(service, region), properties), properties)

        @classmethod
        def update_from_cloudformation_json(cls, original_resource, cloudformation_json, region_name, **_):
            properties = cloudformation_json["Properties"]
            make = lambda service: client(service, region_name)
            if update is None:
                made = create(make, properties)
            else:
                made = update(make, properties, original_resource.physical_resource_id)
            return cls(region_name, made, properties)

        def delete(self, _account, _region):
            if delete is None:
                return
            try:
                delete(lambda service: client(service, self.region), self.properties, self.physical_resource_id)
            except ClientError as error:
                # moto deletes resources in any order. The deletion of an API has already deleted its routes, and the
                # deletion of a log group its filters.
                if error.response["Error"]["Code"] not in ("NotFoundException", "ResourceNotFoundException"):
                    raise

    return Resource


def put_queue_policy(make, properties):
    policy = json.dumps(properties["PolicyDocument"])
    for url in properties["Queues"]:
        make("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return ",".join(properties["Queues"]), {}


def put_topic_policy(make, properties):
    policy = json.dumps(properties["PolicyDocument"])
    for arn in properties["Topics"]:
        make("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return ",".join(properties["Topics"]), {}


def subscribe(make, properties):
    if properties["Protocol"] == "email" and "@" not in properties["Endpoint"]:
        raise ValueError("Invalid parameter: Email address (Service: Sns, Status Code: 400)")
    return make("sns").subscribe(**properties, ReturnSubscriptionArn=True)["SubscriptionArn"], {}


def resubscribe(make, properties, arn):
    make("sns").unsubscribe(SubscriptionArn=arn)
    return subscribe(make, properties)


def skip_bucket_policy(_make, properties):
    # moto ignores the condition of the policy, which refuses plain HTTP. moto would then refuse every request.
    return properties["Bucket"], {}


def put_alarm(make, properties):
    make("cloudwatch").put_metric_alarm(**properties)
    return properties["AlarmName"], {}


def put_dashboard(make, properties):
    make("cloudwatch").put_dashboard(**properties)
    return properties["DashboardName"], {}


def put_invoke_config(make, properties):
    call = {key: value for key, value in properties.items() if key != "Qualifier"}
    make("lambda").put_function_event_invoke_config(**call)
    return properties["FunctionName"], {}


def create_api(make, properties):
    api = make("apigatewayv2").create_api(**properties)
    return api["ApiId"], {"ApiEndpoint": api["ApiEndpoint"], "ApiId": api["ApiId"]}


def update_api(make, properties, api_id):
    call = {key: value for key, value in properties.items() if key != "ProtocolType"}
    api = make("apigatewayv2").update_api(ApiId=api_id, **call)
    return api_id, {"ApiEndpoint": api["ApiEndpoint"], "ApiId": api_id}


def create_stage(make, properties):
    make("apigatewayv2").create_stage(**properties)
    return properties["StageName"], {}


def update_stage(make, properties, name):
    # moto has no UpdateStage.
    delete_stage(make, properties, name)
    return create_stage(make, properties)


def delete_stage(make, properties, name):
    make("apigatewayv2").delete_stage(ApiId=properties["ApiId"], StageName=name)


def create_integration(make, properties):
    return make("apigatewayv2").create_integration(**properties)["IntegrationId"], {}


def create_route(make, properties):
    return make("apigatewayv2").create_route(**properties)["RouteId"], {}


def put_filter(make, properties):
    """moto adds no name, and the API of CloudWatch Logs needs one."""
    names = {"LogGroupName": "logGroupName", "FilterPattern": "filterPattern", "DestinationArn": "destinationArn"}
    call = {target: properties[source] for source, target in names.items()}
    make("logs").put_subscription_filter(filterName="acts", **call)
    return f"{properties['LogGroupName']}|acts", {}


def delete_filter(make, properties, _):
    make("logs").delete_subscription_filter(logGroupName=properties["LogGroupName"], filterName="acts")


# moto finds a type only while the class exists, so the classes are kept in a list.
TYPES = [
    add_type("AWS::SQS::QueuePolicy", put_queue_policy),
    add_type("AWS::SNS::TopicPolicy", put_topic_policy),
    add_type(
        "AWS::SNS::Subscription",
        subscribe,
        lambda make, _, arn: make("sns").unsubscribe(SubscriptionArn=arn),
        resubscribe,
    ),
    add_type("AWS::S3::BucketPolicy", skip_bucket_policy),
    add_type(
        "AWS::CloudWatch::Alarm",
        put_alarm,
        lambda make, _, name: make("cloudwatch").delete_alarms(AlarmNames=[name]),
    ),
    add_type(
        "AWS::CloudWatch::Dashboard",
        put_dashboard,
        lambda make, _, name: make("cloudwatch").delete_dashboards(DashboardNames=[name]),
    ),
    add_type("AWS::Lambda::EventInvokeConfig", put_invoke_config),
    add_type("AWS::Logs::SubscriptionFilter", put_filter, delete_filter),
    add_type(
        "AWS::ApiGatewayV2::Api",
        create_api,
        lambda make, _, api: make("apigatewayv2").delete_api(ApiId=api),
        update_api,
        ("ApiEndpoint", "ApiId"),
    ),
    add_type("AWS::ApiGatewayV2::Stage", create_stage, delete_stage, update_stage),
    add_type(
        "AWS::ApiGatewayV2::Integration",
        create_integration,
        lambda make, p, made: make("apigatewayv2").delete_integration(ApiId=p["ApiId"], IntegrationId=made),
    ),
    add_type(
        "AWS::ApiGatewayV2::Route",
        create_route,
        lambda make, p, made: make("apigatewayv2").delete_route(ApiId=p["ApiId"], RouteId=made),
    ),
]


def update_log_group(_cls, original_resource, cloudformation_json, region_name, **_):
    days = cloudformation_json["Properties"]["RetentionInDays"]
    logs = client("logs", region_name)
    logs.put_retention_policy(logGroupName=original_resource.name, retentionInDays=int(days))
    return original_resource


LogGroup.update_from_cloudformation_json = classmethod(update_log_group)

create_table = Table.create_from_cloudformation_json.__func__


def create_whole_table(cls, resource_name, cloudformation_json, account_id, region_name, **rest):
    """moto creates the table without the expiry of items and without backups."""
    table = create_table(cls, resource_name, cloudformation_json, account_id, region_name, **rest)
    properties, dynamodb = cloudformation_json["Properties"], client("dynamodb", region_name)
    name, backups = properties["TableName"], "PointInTimeRecoverySpecification"
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"])
    dynamodb.update_continuous_backups(TableName=name, **{backups: properties[backups]})
    return table


Table.create_from_cloudformation_json = classmethod(create_whole_table)

# A resource type without an update of its own stays as it is. moto would forget the resource.
parse_update = parsing.parse_and_update_resource
parsing.parse_and_update_resource = lambda name, resource, resources, **rest: (
    parse_update(name, resource, resources, **rest) or resources[name]
)

update_resources = parsing.ResourceMap.update
delete_resources = parsing.ResourceMap.delete
update_stack = cloudformation.Stack.update


def update_or_roll_back(self, template, parameters=None):
    """CloudFormation deletes the new resources of a failed update. A resource with the policy Retain is kept."""
    known, old = set(self._parsed_resources), self._resource_json_map
    try:
        update_resources(self, template, parameters)
    except Exception:
        new = [name for name in self._parsed_resources if name not in known and name in template["Resources"]]
        for name in reversed(new):
            resource = self._parsed_resources.pop(name)
            if resource is not None and template["Resources"][name].get("DeletionPolicy") != "Retain":
                self._delete_resource(resource, template["Resources"][name])
        self._resource_json_map = old
        raise


def update_stack_or_roll_back(self, template, role_arn=None, parameters=None, tags=None):
    old, description = self.template, None
    try:
        update_stack(self, template, role_arn, parameters, tags)
    except Exception as error:  # noqa: BLE001
        description = f"{type(error).__name__}: {error}"
    if description is not None:
        self.template = old
        self._parse_template()
        self._add_stack_event("UPDATE_ROLLBACK_IN_PROGRESS", resource_status_reason=description)
        self._add_stack_event("UPDATE_ROLLBACK_COMPLETE")
        self.status = "UPDATE_ROLLBACK_COMPLETE"


def delete_unless_retained(self):
    for resource in self._resource_json_map.values():
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate":
            resource["DeletionPolicy"] = "Retain"
    delete_resources(self)


parsing.ResourceMap.update = update_or_roll_back
parsing.ResourceMap.delete = delete_unless_retained
cloudformation.Stack.update = update_stack_or_roll_back

# moto refuses a template for every warning of cfn-lint. CloudFormation refuses a template only for errors.
lint = utils.validate_template_cfn_lint
cloudformation.validate_template_cfn_lint = lambda template: [
    match for match in lint(template) if match.rule.severity == "error"
]

set_state = Alarm.update_state


def set_state_and_notify(self, reason, reason_data, state):
    """CloudWatch runs the actions of an alarm when the state changes, and writes each action to the history."""
    has_changed = state != self.state_value
    set_state(self, reason, reason_data, state)
    actions = {"ALARM": self.alarm_actions, "OK": self.ok_actions}.get(state, self.insufficient_data_actions)
    if not (has_changed and self.actions_enabled):
        return
    for topic in actions:
        summary = f"Successfully executed action {topic}"
        try:
            client("sns", self.region_name).publish(TopicArn=topic, Message=f"{self.name}: {state}")
        except ClientError as error:
            summary = f"Failed to execute action {topic}. Received error: {error}"
        self.history.append(("Action", summary, utcnow()))


def describe_alarm_history(self):
    alarm = self.cloudwatch_backend.alarms.get(self._get_param("AlarmName"))
    actions = [] if alarm is None else [item for item in alarm.history if item[0] == "Action"]
    items = [
        {"AlarmName": alarm.name, "HistoryItemType": kind, "HistorySummary": summary, "Timestamp": at}
        for kind, summary, at in actions
        if at >= self._get_param("StartDate").replace(tzinfo=at.tzinfo)
    ]
    return ActionResult({"AlarmHistoryItems": items[::-1]})


Alarm.update_state = set_state_and_notify
CloudWatchResponse.describe_alarm_history = describe_alarm_history

warnings.simplefilter("error", UserWarning)
serve(["-H", "127.0.0.1", "-p", PORT])
