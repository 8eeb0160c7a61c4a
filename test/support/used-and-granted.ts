import { type AccessRequest, decide, permissionsFor } from '../../sandbox/aws/iam/decide.ts';
import { type Permission, permissionWords } from '../../sandbox/aws/iam/permission.ts';

/**
 * Everything in which what is granted and what was asked for differ, one line each; none where they are the same. Granted and
 * used is a permission without which one of these requests would be refused: two that allow the same are both too many.
 */
export function differences(permissions: readonly Permission[], requests: readonly AccessRequest[]): readonly string[] {
  const judged = requests.map((request) => {
    const relevant = permissionsFor(permissions, request);
    return { request, relevant, isAllowed: decide(relevant, request).isAllowed };
  });
  const isNeeded = (permission: Permission) =>
    judged.some(({ request, relevant, isAllowed }) => {
      const others = relevant.filter((other) => other !== permission);
      return isAllowed && others.length < relevant.length && !decide(others, request).isAllowed;
    });
  const refused = judged.filter(({ isAllowed }) => !isAllowed).map(({ request }) => request);
  const unused = grantsOf(permissions).filter((grant) => !isNeeded(grant));
  return [
    ...refused.map(({ identity, action, resource }) => `used, not granted: ${identity} ${action} on ${resource}`),
    ...unused.map((grant) => `granted, not used: ${permissionWords(grant)}`),
  ];
}

/** What lets anybody do anything. A policy that lets the policies of its account decide, as that of a key, grants nothing by itself. */
export function grantsOf(permissions: readonly Permission[]): readonly Permission[] {
  return permissions.filter(
    ({ effect, principal = '' }) => effect === 'Allow' && !/^arn:aws:iam::\d{12}:root$/.test(principal),
  );
}

/** The grants of which any single one could be taken away without a request that is refused then. */
export function needlessGrants(
  permissions: readonly Permission[],
  requests: readonly AccessRequest[],
): readonly Permission[] {
  return grantsOf(permissions).filter((grant) => {
    const others = permissions.filter((one) => one !== grant);
    return !differences(others, requests).some((difference) => difference.startsWith('used, not granted'));
  });
}
