import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { keyStatement, type KeyUser } from './key-statement.ts';

interface ProxyFunctionProps {
  /** The folder under `functions/` whose `index.ts` is the entry. */
  readonly name: 'api' | 'export';
  readonly description: string;
  readonly timeout: Duration;
  readonly memorySize: number;
  /** Kept for it of the account's concurrency, and its limit. */
  readonly reservedConcurrency?: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly tracing: boolean;
  readonly logRetention: RetentionDays;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** What Node itself is started with. */
export const nodeOptions = '--enable-source-maps --max-semi-space-size=2';

/** The bundle's settings, each measured or needed (the toolchain's facts are in DECISIONS.md). */
export const bundling = {
  // Not ESM: its `import` of `node:http` evaluates all that Node's module exports, its own copy of undici too, at every start.
  format: OutputFormat.CJS,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  sourceMapMode: SourceMapMode.DEFAULT,
  sourcesContent: false,
  // Where a function looks for the programs of its threads.
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  // The SDK in the bundle starts faster than the runtime's own, and its version is the one that was tested.
  bundleAwsSDK: true,
  externalModules: [],
};

/** The programs of the threads that a function starts, each bundled beside it under its own name. */
export const threadPrograms = {
  api: [],
  export: ['functions/export/proof/judge-worker.ts'],
} as const satisfies Record<ProxyFunctionProps['name'], readonly string[]>;

/**
 * The shell's command that bundles a program with the settings of the functions, as `NodejsFunction` does where esbuild is a package of
 * the project. Paths have forward slashes, which Windows takes too.
 */
function bundleCommand(program: string, inputDirectory: string, outputDirectory: string): string {
  const { format, target, mainFields, minify, sourceMap, sourcesContent, define } = bundling;
  const options = [
    '--bundle',
    `${inputDirectory}/${program}`,
    `--outfile=${outputDirectory}/${basename(program, '.ts')}.js`,
    '--platform=node',
    `--format=${format}`,
    `--target=${target}`,
    `--main-fields=${mainFields.join(',')}`,
    ...(minify ? ['--minify'] : []),
    ...(sourceMap ? ['--sourcemap'] : []),
    `--sources-content=${sourcesContent}`,
    ...Object.entries(define).map(([name, value]) => `--define:${name}=${value}`),
  ];
  return `npx --no-install esbuild ${options.map(quoted).join(' ')}`;
}

/** One word to a shell, whatever is in it. */
function quoted(word: string): string {
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A Lambda function of ours: Node 24 on arm64, a role that may write its own log and nothing else yet. */
export class ProxyFunction extends Construct {
  readonly function: NodejsFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: ProxyFunctionProps) {
    super(scope, id);
    const { logRetention: retention } = props;
    this.logGroup = new LogGroup(this, 'Log', { retention, removalPolicy: RemovalPolicy.DESTROY });
    // A role of our own: the default one comes with a managed policy that may write every log of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(this.role);
    this.function = new NodejsFunction(this, 'Function', {
      entry: `${root}functions/${props.name}/index.ts`,
      projectRoot: root,
      depsLockFilePath: `${root}package-lock.json`,
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      description: props.description,
      timeout: props.timeout,
      memorySize: props.memorySize,
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
      environment: { ...props.environment, NODE_OPTIONS: nodeOptions },
      tracing: props.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      logGroup: this.logGroup,
      role: this.role,
      bundling: {
        ...bundling,
        commandHooks: {
          beforeBundling: () => [],
          beforeInstall: () => [],
          afterBundling: (inputDirectory, outputDirectory) =>
            threadPrograms[props.name].map((program) => bundleCommand(program, inputDirectory, outputDirectory)),
        },
      },
    });
  }

  /** Allows the function exactly these actions on exactly these resources. */
  allow(actions: readonly string[], ...resources: readonly string[]): void {
    this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
  }

  /** Allows the function to use a key by way of one service, in one context. */
  allowKey(key: IKey, user: KeyUser, actions: readonly string[], context: Readonly<Record<string, string>> = {}): void {
    this.role.addToPolicy(keyStatement(this, key, user, actions, context));
  }
}
