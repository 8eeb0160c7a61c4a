import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { create as contentDisposition } from 'content-disposition';
import * as z from 'zod';
import type { AwsAccess } from './aws-access.ts';
import { ExportFailure } from './failure.ts';
import type { WorkbookFacts } from './record.ts';

/** The media type of XLSX (ECMA-376), as Knosc sends it and as our links answer it. */
export const spreadsheetMediaType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** A presigned URL to a workbook, and the moment it ends. A bearer secret: never logged, never put into an event. */
export interface Link {
  readonly url: string;
  readonly expires_at: string;
}

/** A fresh link. It may end sooner than asked for, never without saying so. Fails with `store-failed` where STS refuses. */
export type MakeLink = (workbook: WorkbookFacts, lifetimeSeconds: number) => Promise<Link>;

interface LinkDependencies {
  readonly sts: () => STSClient;
  readonly aws: AwsAccess;
  readonly bucket: string;
  /** A role that can only read workbooks. Its credentials carry their expiry, so that a link's end is known exactly. */
  readonly roleArn: string;
  /** The age at which the bucket refuses a link; one that lived longer would lie about its end. */
  readonly longestSeconds: number;
  readonly now: () => number;
}

interface Signer {
  readonly client: S3Client;
  readonly endsAtMs: number;
}

/** How long a link lives at most where the deployment sets nothing shorter; the environment's `LONGEST_LINK_S`. */
export const longestLinkSecondsSchema = z.coerce.number().int().min(60).max(3600).default(3600);

// Role chaining caps at one hour (AWS IAM, "Roles terms and concepts"), and a function's own role makes it a chain.
export const sessionSeconds = 3600;

export function createMakeLink({ sts, aws, bucket, roleArn, longestSeconds, now }: LinkDependencies): MakeLink {
  let signer: Promise<Signer> | undefined;

  async function assumeRole(): Promise<Signer> {
    try {
      const { Credentials: given } = await sts().send(
        new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'link', DurationSeconds: sessionSeconds }),
      );
      if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration) {
        throw new Error('STS answered without credentials');
      }
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = given;
      const client = new S3Client({ ...aws, credentials: { accessKeyId, secretAccessKey, sessionToken } });
      return { client, endsAtMs: given.Expiration.getTime() };
    } catch (cause) {
      throw new ExportFailure('store-failed', 'STS did not give the role that signs links. Try again in a moment.', {
        cause,
      });
    }
  }

  // A URL dies with the credentials that signed it, whatever X-Amz-Expires says (aws-sdk-js-v3 #3608).
  async function signerUntil(endMs: number): Promise<Signer> {
    const current = await signer?.catch(() => undefined);
    if (current && current.endsAtMs >= endMs) return current;
    signer = assumeRole();
    return signer;
  }

  return async (workbook, askedSeconds) => {
    const lifetimeSeconds = Math.min(askedSeconds, longestSeconds);
    const askedEndMs = now() + lifetimeSeconds * 1000;
    const { client, endsAtMs } = await signerUntil(askedEndMs);
    // SigV4 dates have whole seconds: what is signed is the second that has begun, and the end counts from there.
    const signedAtMs = Math.floor(now() / 1000) * 1000;
    const expiresIn = Math.min(lifetimeSeconds, Math.floor((endsAtMs - signedAtMs) / 1000));
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: workbook.key,
      ResponseContentDisposition: contentDisposition(workbook.file_name),
      ResponseContentType: spreadsheetMediaType,
    });
    const url = await getSignedUrl(client, command, { expiresIn, signingDate: new Date(signedAtMs) });
    return { url, expires_at: new Date(signedAtMs + expiresIn * 1000).toISOString() };
  };
}
