import * as z from 'zod';
import type { Place, ResourceIds } from './resource-ids.ts';

/** A template's value with every intrinsic function in it resolved. Throws on one that is not known, or that names nothing. */
export type Resolve = (value: unknown) => unknown;

const oneEntry = z.record(z.string(), z.unknown()).refine((given) => Object.keys(given).length === 1);
const attributePath = z
  .union([z.tuple([z.string(), z.string()]), z.string().transform((path) => path.split(/\.(.*)/s))])
  .transform(([logicalId = '', attribute = '']) => ({ logicalId, attribute }));
const joined = z.tuple([z.string(), z.array(z.string())]);
const chosen = z.tuple([z.coerce.number().int(), z.array(z.unknown())]);
const cut = z.tuple([z.string(), z.string()]);
const substituted = z
  .union([z.string(), z.tuple([z.string(), z.record(z.string(), z.string())])])
  .transform((given) => (typeof given === 'string' ? { text: given, own: {} } : { text: given[0], own: given[1] }));

/** AWS CloudFormation, "Intrinsic function reference": the functions that CDK writes for names and ARNs. */
export function createResolve(ids: ReadonlyMap<string, ResourceIds>, place: Place): Resolve {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': place.accountId,
    'AWS::Partition': 'aws',
    'AWS::Region': place.region,
    'AWS::StackName': place.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };

  function ref(name: string): string {
    const found = pseudo[name] ?? ids.get(name)?.ref;
    if (found !== undefined) return found;
    throw new Error(`The template refers to ${name}, which is neither a resource in it nor known by itself.`);
  }

  function attributeOf(path: unknown): string {
    const { logicalId, attribute } = attributePath.parse(path);
    const found = ids.get(logicalId)?.attributes[attribute];
    if (found !== undefined) return found;
    throw new Error(
      `The template asks for the attribute ${attribute} of ${logicalId}, which the sandbox does not know.`,
    );
  }

  const functions: Readonly<Record<string, (input: unknown) => unknown>> = {
    Ref: (input) => ref(z.string().parse(input)),
    'Fn::GetAtt': attributeOf,
    'Fn::Join': (input) => {
      const [separator, parts] = joined.parse(resolve(input));
      return parts.join(separator);
    },
    'Fn::Select': (input) => {
      const [at, list] = chosen.parse(resolve(input));
      return list[at];
    },
    'Fn::Split': (input) => {
      const [separator, text] = cut.parse(resolve(input));
      return text.split(separator);
    },
    'Fn::Sub': (input) => {
      const { text, own } = substituted.parse(resolve(input));
      return text.replaceAll(/\$\{([^!}]+)\}/g, (_all, name: string) => {
        return own[name] ?? (ids.get(name.split('.')[0] ?? '') && name.includes('.') ? attributeOf(name) : ref(name));
      });
    },
  };

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve);
    const call = oneEntry.safeParse(value).data;
    const [name = '', input] = Object.entries(call ?? {})[0] ?? [];
    const run = functions[name];
    if (run) return run(input);
    if (name.startsWith('Fn::')) throw new Error(`The template uses ${name}, which is not in this sandbox.`);
    const parsed = z.record(z.string(), z.unknown()).safeParse(value);
    if (!parsed.success) return value;
    return Object.fromEntries(Object.entries(parsed.data).map(([key, inner]) => [key, resolve(inner)]));
  }

  return resolve;
}
