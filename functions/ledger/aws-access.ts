import type { STSClientConfig } from '@aws-sdk/client-sts';

/** Where AWS is, for those who do not run inside it; inside Lambda it is empty, and the environment tells. */
export type AwsAccess = Pick<STSClientConfig, 'endpoint' | 'region' | 'credentials'>;
