/** Whether a text is one that IAM's pattern names: `*` stands for any text, slashes and colons too, and `?` for any one character. */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

/** The same for ARNs in conditions, where each of the six parts stands for itself. */
export function matchesArnPattern(pattern: string, arn: string): boolean {
  const [wanted, given] = [partsOf(pattern), partsOf(arn)];
  return wanted.length === given.length && wanted.every((part, at) => matchesPattern(part, given[at] ?? ''));
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}
