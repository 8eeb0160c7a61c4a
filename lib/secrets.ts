import type { RemovalPolicy } from 'aws-cdk-lib';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

interface SecretsProps {
  readonly encryptionKey: IKey | undefined;
  /** CloudFormation deletes a secret for good, without a recovery window (Template reference, AWS::SecretsManager::Secret). */
  readonly removalPolicy: RemovalPolicy;
}

/** Who we log in as, and the key of the session that the functions share. Both are made empty of anything of ours. */
export class ProxySecrets {
  readonly credentials: Secret;
  readonly sessionKey: Secret;

  constructor(scope: Construct, { encryptionKey, removalPolicy }: SecretsProps) {
    // By its ARN, since a secret adds a statement to the policy of a key of the same app, and what is given is never changed. IAM policies
    // alone let the functions use it (key-statement.ts).
    const givenKey = encryptionKey && Key.fromKeyArn(scope, 'SecretsKey', encryptionKey.keyArn);
    const common = { removalPolicy, ...(givenKey && { encryptionKey: givenKey }) };
    this.credentials = new Secret(scope, 'Credentials', {
      description: 'Knosc: {"base_url", "username", "password", "totp_secret"?}',
      ...common,
    });
    this.sessionKey = new Secret(scope, 'SessionKey', {
      description: 'The key of the Knosc session that the export functions share in S3',
      // Said, not left to the default, which not every emulator knows; 64 of 62 letters are 381 bits.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      ...common,
    });
  }
}
