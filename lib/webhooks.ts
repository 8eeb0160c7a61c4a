import { ArnFormat, Lazy, Stack, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type * as z from 'zod';
import { triggerNameSchema, type Webhook } from '../functions/api/webhooks/webhook.ts';
import { Construct } from 'constructs';
import { parseDeclaration } from './declaration.ts';
import type { ProxyFunction } from './proxy-function.ts';
import { declaredWebhookSchema } from './settings/webhook.ts';

/** A webhook as in the settings file; `secret` is a name, or an ARN, that of a secret of the same app (`secretArn`) too. */
export type WebhookDeclaration = z.input<typeof declaredWebhookSchema>;

/** API Gateway's token bucket for the open route. */
export interface WebhookThrottle {
  readonly rate_per_second: number;
  readonly burst: number;
}

interface WebhooksProps {
  readonly api: ProxyFunction;
  /** Secrets may lie under it, or still under one of the former. */
  readonly encryptionKey?: IKey | undefined;
  readonly formerEncryptionKeys?: readonly IKey[];
}

/**
 * Lambda's environment has 4 KB in all (AWS, "Lambda quotas"). A kibibyte is left for the function's other variables; a test holds them
 * to it.
 */
export const webhooksBudgetBytes = 3072;

/** The webhooks, as the api function's environment tells of them, and the right to read the secrets that they name and no others. */
export class Webhooks extends Construct {
  private readonly props: WebhooksProps;
  private readonly declared = new Map<string, Webhook>();

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    this.props = props;
    props.api.function.addEnvironment('WEBHOOKS', Lazy.string({ produce: () => this.asJson() }));
    this.node.addValidation({ validate: () => this.faults() });
  }

  /** `secretKey` is the secret's KMS key where that is neither AWS's own nor the proxy's. */
  add(name: string, declaration: WebhookDeclaration, secretKey?: IKey): void {
    const called = parseDeclaration(triggerNameSchema, name, 'the name of a webhook');
    if (this.declared.has(called)) throw new Error(`the webhook ${called} is declared twice; give it another name`);
    const webhook = parseWebhook(declaration, `the webhook ${called}`);
    this.declared.set(called, webhook);
    const arn = this.arnOf(webhook.secret);
    this.props.api.allow(['secretsmanager:GetSecretValue'], arn);
    const { encryptionKey, formerEncryptionKeys = [] } = this.props;
    for (const key of new Set([secretKey, encryptionKey, ...formerEncryptionKeys])) {
      if (key)
        this.props.api.allowKey(key, 'secretsmanager', ['kms:Decrypt'], { 'kms:EncryptionContext:SecretARN': arn });
    }
  }

  /** Secrets Manager ends each ARN with a hyphen and six letters of its own choice; what is not yet known is an ARN of the app. */
  private arnOf(secret: string): string {
    if (Token.isUnresolved(secret) || secret.startsWith('arn:')) return secret;
    return Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${secret}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private asJson(): string {
    return Stack.of(this).toJsonString(Object.fromEntries(this.declared));
  }

  private faults(): string[] {
    const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(Stack.of(this).resolve(value)));
    const bytes = bytesOf(Object.fromEntries(this.declared));
    if (bytes <= webhooksBudgetBytes) return [];
    const each = [...this.declared].map(([name, webhook]) => `${name} ${bytesOf({ [name]: webhook })}`);
    return [
      `the webhooks take ${bytes} bytes of the api function's environment, of which ${webhooksBudgetBytes} are theirs (${each.join(', ')}). ` +
        'Shorten their filters, give one webhook to several senders, or deploy a second proxy for some of them.',
    ];
  }
}

/** The ARN of a secret of the same app is a token, which only AWS can put a name in place of; all else is parsed. */
function parseWebhook(declaration: WebhookDeclaration, what: string): Webhook {
  const { secret } = declaration;
  if (!Token.isUnresolved(secret)) return parseDeclaration(declaredWebhookSchema, declaration, what);
  return { ...parseDeclaration(declaredWebhookSchema, { ...declaration, secret: 'of-the-app' }, what), secret };
}
