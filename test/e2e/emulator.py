"""Starts ministack with five of its gaps (1.5.33) mended from outside, so that the stack is deployed as it is."""

import json
import sys
import time

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator
from ministack.services import eventbridge, iam
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

# 1. The `Ref` of a secret is its ARN. Here it is its name, so a policy that allows that `Ref` allows nothing.
resolve_as_given = engine._resolve_refs


def resolve(value, resources, *rest):
    if isinstance(value, dict) and "Ref" in value:
        named = resources.get(value["Ref"], {})
        if named.get("ResourceType") == "AWS::SecretsManager::Secret" and "Arn" in named.get("Attributes", {}):
            return named["Attributes"]["Arn"]
    return resolve_as_given(value, resources, *rest)


for module in (engine, changesets, handlers, stacks):
    module._resolve_refs = resolve

# 2. An alarm on an expression ends the deployment. Here it is made on the first of the metrics in that expression.
record_as_given = provisioners._cw_metric_alarm_record


def record(name, props):
    watched = [metric["MetricStat"] for metric in props.get("Metrics") or [] if metric.get("MetricStat")]
    if not watched:
        return record_as_given(name, props)
    kept = {key: value for key, value in props.items() if key != "Metrics"}
    return record_as_given(name, {**kept, **watched[0]["Metric"], "Period": watched[0]["Period"]})


try:
    record_as_given("probe", {"Metrics": [{"Id": "a", "Expression": "1 + 1"}]})
    sys.exit("ministack makes alarms on expressions now: take the second part out of emulator.py")
except ValueError:
    provisioners._cw_metric_alarm_record = record

# 3. A policy may say by `events:source` whose events a role may send. Here the key is not known, so nobody may.
context_as_given = iam_actions.request_tag_context


def context(service, action, body, *rest):
    given = context_as_given(service, action, body, *rest)
    if action != "events:PutEvents":
        return given
    sources = {entry.get("Source") for entry in json.loads(body).get("Entries", [])}
    # One call may send events of several sources, each of which has to be allowed; such a call has no single one here.
    return {**given, "events:source": sources.pop() if len(sources) == 1 else None}


iam_actions.request_tag_context = context

# 4. EventBridge Scheduler puts the fire time where a target's input says so. Here the input is sent as it stands.
invoke_as_given = eventbridge._invoke_target


def invoke(target, event, rule, *rest):
    if event.get("Source") == "aws.scheduler":
        fired = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event["Time"]))
        target = {**target, "Input": target.get("Input", "").replace("<aws.scheduler.scheduled-time>", fired)}
    return invoke_as_given(target, event, rule, *rest)


eventbridge._invoke_target = invoke

# 5. Whom a role's trust policy names may assume it without a policy of its own (STS, "AssumeRole"). Here both are asked for; the trust
# policy is looked at in any case.
enforce_as_given = iam_evaluator.enforce


def enforce(access_key_id, action, service, region, resource_arn="*", **rest):
    denied = enforce_as_given(access_key_id, action, service, region, resource_arn=resource_arn, **rest)
    if action != "sts:AssumeRole" or getattr(denied, "decision", "") != "ImplicitDeny":
        return denied
    trust = iam._roles.get(resource_arn.rsplit("/", 1)[-1], {}).get("AssumeRolePolicyDocument", "")
    caller = denied.principal_arn
    if ":assumed-role/" in caller:
        caller = caller.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rsplit("/", 1)[0]
    return None if f'"{caller}"' in (trust if isinstance(trust, str) else json.dumps(trust)) else denied


iam_evaluator.enforce = enforce

main()
