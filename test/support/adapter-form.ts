import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An example adapter's directory. */
export function exampleDirectory(name: string): string {
  return fileURLToPath(new URL(`../../examples/adapters/${name}/`, import.meta.url));
}

/** The files of an example adapter as a multipart body. */
export async function adapterForm(example: string, fields: Record<string, string>): Promise<FormData> {
  const directory = exampleDirectory(example);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const name of await readdir(directory)) {
    if (/\.(json|safetensors)$/.test(name))
      form.append('files', new Blob([await readFile(join(directory, name))]), name);
  }
  return form;
}
