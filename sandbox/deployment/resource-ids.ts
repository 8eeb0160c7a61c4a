import * as z from 'zod';
import type { Resource, Template } from './template.ts';

/** What CloudFormation tells of a resource: its `Ref`, and the attributes that `Fn::GetAtt` names. */
export interface ResourceIds {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where a stack lies. */
export interface Place {
  readonly region: string;
  readonly accountId: string;
  readonly stackName: string;
}

type NameResource = (resource: Resource, place: Place) => ResourceIds;

const named = (property: string, arnOf: (name: string, place: Place) => string): NameResource => {
  const given = z.object({ [property]: z.string().optional() });
  return ({ logicalId, properties }, place) => {
    const name = given.safeParse(properties).data?.[property] ?? logicalId;
    return { ref: name, attributes: { Arn: arnOf(name, place), Name: name } };
  };
};

/** Types whose ARN is not `arn:aws:service:region:account:name`; buckets, queues and secrets are told by AWS's stand-in. */
const types: Readonly<Record<string, NameResource>> = {
  'AWS::IAM::Role': named('RoleName', (name, { accountId }) => `arn:aws:iam::${accountId}:role/${name}`),
  'AWS::Lambda::Function': named('FunctionName', (name, place) => `${regionalArn('lambda', place)}:function:${name}`),
  'AWS::Logs::LogGroup': named('LogGroupName', (name, place) => `${regionalArn('logs', place)}:log-group:${name}:*`),
  'AWS::Events::EventBus': named('Name', (name, place) => `${regionalArn('events', place)}:event-bus/${name}`),
  'AWS::Events::Rule': named('Name', (name, place) => `${regionalArn('events', place)}:rule/${name}`),
  'AWS::Scheduler::ScheduleGroup': named(
    'Name',
    (name, place) => `${regionalArn('scheduler', place)}:schedule-group/${name}`,
  ),
  'AWS::KMS::Key': ({ logicalId }, place) => ({
    ref: logicalId,
    attributes: { Arn: `${regionalArn('kms', place)}:key/${logicalId}`, KeyId: logicalId },
  }),
  'AWS::SNS::Topic': ({ logicalId }, place) => {
    const arn = `${regionalArn('sns', place)}:${logicalId}`;
    return { ref: arn, attributes: { TopicArn: arn, TopicName: logicalId } };
  },
  'AWS::SSM::Parameter': named('Name', (name, place) => `${regionalArn('ssm', place)}:parameter/${name}`),
};

/** Ids of all resources that are not made for real: their names are their logical ids where they have no other. */
export function idsOf({ Resources }: Template, place: Place): ReadonlyMap<string, ResourceIds> {
  return new Map(
    Object.entries(Resources).map(([logicalId, { Type, Properties }]) => {
      const service = Type.split('::')[1]?.toLowerCase() ?? '';
      const usual = named('Name', (name) => `${regionalArn(service, place)}:${name}`);
      return [logicalId, (types[Type] ?? usual)({ logicalId, properties: Properties }, place)];
    }),
  );
}

export function regionalArn(service: string, { region, accountId }: Place): string {
  return `arn:aws:${service}:${region}:${accountId}`;
}
