import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a module that registers every gradient of tfjs. */
    tfjsGradients: string;
  }
}

/** Tfjs's gradients are several hundred ES modules in a CommonJS package, which Node cannot load; here they become one. */
export default async function bundleGradients(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'tfjs-gradients-'));
  const entry = join(import.meta.dirname, '../../node_modules/@tensorflow/tfjs-core/dist/register_all_gradients.js');
  const output = { format: 'es', entryFileNames: 'gradients.mjs' } as const;
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: entry, outDir: directory, rollupOptions: { output } },
  });
  project.provide('tfjsGradients', pathToFileURL(join(directory, 'gradients.mjs')).href);
  return () => rm(directory, { recursive: true });
}
