import { build, type Metafile, type Plugin } from 'esbuild';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundling, threadPrograms } from '../lib/proxy-function.ts';

export type FunctionName = 'api' | 'export';

/** A bundle as the stack makes it. */
export interface Bundle {
  readonly directory: string;
  readonly bytes: number;
  /** How many bytes of it come from each package. */
  readonly packages: ReadonlyMap<string, number>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where a function's entry lies, seen from here. */
export const functionEntry = (name: FunctionName) => `../functions/${name}/index.ts`;

/** Bundles an entry and the programs of the export function's threads with the stack's settings; packages that are left out become one object that answers anything. */
export async function bundle(entry: string, directory: string, leftOut: readonly string[] = []): Promise<Bundle> {
  const { metafile } = await build({
    entryPoints: {
      index: fileURLToPath(new URL(entry, import.meta.url)),
      ...Object.fromEntries(threadPrograms.export.map((program) => [basename(program, '.ts'), join(root, program)])),
    },
    outdir: directory,
    bundle: true,
    platform: 'node',
    format: bundling.format,
    target: bundling.target,
    mainFields: [...bundling.mainFields],
    minify: bundling.minify,
    sourcemap: 'external',
    sourcesContent: bundling.sourcesContent,
    external: [...bundling.externalModules],
    define: bundling.define,
    metafile: true,
    logLevel: 'silent',
    plugins: [withoutPackages(leftOut)],
  });
  const output = Object.entries(metafile.outputs).find(([path]) => path.endsWith('/index.js'))?.[1];
  return { directory, bytes: output?.bytes ?? 0, packages: packagesIn(output?.inputs ?? {}) };
}

function packagesIn(inputs: Metafile['outputs'][string]['inputs']): ReadonlyMap<string, number> {
  const packages = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const name = packageOf(path);
    if (name !== undefined) packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
  }
  return packages;
}

function packageOf(path: string): string | undefined {
  return /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

function withoutPackages(leftOut: readonly string[]): Plugin {
  return {
    name: 'left-out',
    setup: (own) => {
      own.onResolve({ filter: /^[^./]/ }, ({ path }) => {
        const isLeftOut = leftOut.some((name) => path === name || path.startsWith(`${name}/`));
        return isLeftOut ? { path, namespace: 'left-out' } : undefined;
      });
      own.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: stub, loader: 'js' }));
    },
  };
}

/**
 * CommonJS, so that no export is missed. Called, made or asked for anything, it answers itself; and since esbuild copies
 * a CommonJS module's properties, of which it has none, whoever inherits from it is answered too.
 */
const stub = `
const answers = {
  get: (_target, name) => {
    if (name === 'then' || name === '__esModule') return undefined;
    if (name === Symbol.toPrimitive) return () => '';
    if (name === Symbol.iterator) return function* () {};
    if (name === Symbol.hasInstance) return () => false;
    if (name === 'prototype') return Object.prototype;
    return stub;
  },
  set: () => true,
  apply: () => stub,
  construct: () => stub,
};
const parent = new Proxy({}, { ...answers, getPrototypeOf: () => null });
const stub = new Proxy(function () {}, { ...answers, getPrototypeOf: () => parent });
module.exports = stub;`;
