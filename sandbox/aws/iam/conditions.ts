import * as z from 'zod';
import { type AccessContext, type ContextKey, contextKeys, isContextKey } from './context.ts';
import { matchesArnPattern, matchesPattern } from './pattern.ts';

/** One line of a Condition block. All of a statement's must hold. */
export interface Condition {
  readonly operator: string;
  readonly key: ContextKey;
  readonly values: readonly string[];
}

type Compare = (actual: string, wanted: string) => boolean;

const equals: Compare = (actual, wanted) => actual === wanted;
const equalsIgnoringCase: Compare = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();
const like: Compare = (actual, wanted) => matchesPattern(wanted, actual);
const arnLike: Compare = (actual, wanted) => matchesArnPattern(wanted, actual);
const numeric =
  (compare: (actual: number, wanted: number) => boolean): Compare =>
  (actual, wanted) =>
    compare(Number(actual), Number(wanted));

/** `holdsIfAny: false` are the negated ones: they hold where no value compares, and where the key is not there. */
const operators: ReadonlyMap<string, { readonly compare: Compare; readonly holdsIfAny: boolean }> = new Map([
  ['StringEquals', { compare: equals, holdsIfAny: true }],
  ['StringNotEquals', { compare: equals, holdsIfAny: false }],
  ['StringEqualsIgnoreCase', { compare: equalsIgnoringCase, holdsIfAny: true }],
  ['StringNotEqualsIgnoreCase', { compare: equalsIgnoringCase, holdsIfAny: false }],
  ['StringLike', { compare: like, holdsIfAny: true }],
  ['StringNotLike', { compare: like, holdsIfAny: false }],
  // IAM's two names for the same.
  ['ArnEquals', { compare: arnLike, holdsIfAny: true }],
  ['ArnLike', { compare: arnLike, holdsIfAny: true }],
  ['ArnNotEquals', { compare: arnLike, holdsIfAny: false }],
  ['ArnNotLike', { compare: arnLike, holdsIfAny: false }],
  ['Bool', { compare: equalsIgnoringCase, holdsIfAny: true }],
  ['NumericEquals', { compare: numeric((actual, wanted) => actual === wanted), holdsIfAny: true }],
  ['NumericNotEquals', { compare: numeric((actual, wanted) => actual === wanted), holdsIfAny: false }],
  ['NumericLessThan', { compare: numeric((actual, wanted) => actual < wanted), holdsIfAny: true }],
  ['NumericLessThanEquals', { compare: numeric((actual, wanted) => actual <= wanted), holdsIfAny: true }],
  ['NumericGreaterThan', { compare: numeric((actual, wanted) => actual > wanted), holdsIfAny: true }],
  ['NumericGreaterThanEquals', { compare: numeric((actual, wanted) => actual >= wanted), holdsIfAny: true }],
]);
const ifExists = /IfExists$/;

/** IAM User Guide, "Condition operators" and "Conditions with multiple context keys or values". */
export function holds({ operator, key, values }: Condition, context: AccessContext): boolean {
  const actual = context[key];
  if (operator === 'Null') return values.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  const { compare, holdsIfAny } = operatorOf(operator);
  if (actual === undefined) return ifExists.test(operator) || !holdsIfAny;
  return values.some((wanted) => compare(actual, wanted)) === holdsIfAny;
}

function operatorOf(operator: string) {
  const found = operators.get(operator.replace(ifExists, ''));
  if (found) return found;
  throw new Error(`The condition operator ${operator} is not in this sandbox.`);
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const oneOrMore = z.union([scalar, z.array(scalar)]).transform((given) => [given].flat());

/** A statement's Condition, refused where an operator or a key is none that the sandbox can judge. */
export const conditionsSchema = z
  .record(z.string(), z.record(z.string(), oneOrMore))
  .transform((blocks, context): readonly Condition[] =>
    Object.entries(blocks).flatMap(([operator, keys]) => {
      if (operator !== 'Null' && !operators.has(operator.replace(ifExists, ''))) {
        const known = `${[...operators.keys()].join(', ')}, each with IfExists too, and Null`;
        context.addIssue(`the condition operator ${operator} is not in this sandbox; it knows ${known}`);
      }
      return Object.entries(keys).flatMap(([name, values]) => {
        const key = name.toLowerCase();
        if (isContextKey(key)) return { operator, key, values };
        context.addIssue(`the condition key ${name} is not in this sandbox; it knows ${contextKeys.join(', ')}`);
        return [];
      });
    }),
  );
