import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from './settings.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const known = Object.keys(SETTINGS);

/** Environment names of a YAML mapping: upper-case keys at any depth below the line that says `under`. */
function namesUnder(yaml: string, under: string): string[] {
  const lines = yaml.split('\n');
  const start = lines.findIndex((line) => line.trimEnd().endsWith(under));
  const indent = lines[start]!.search(/\S/);
  const names: string[] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.trim() !== '' && line.search(/\S/) <= indent) break;
    const name = /^\s+([A-Z0-9_]+):/.exec(line)?.[1];
    if (name) names.push(name);
  }
  return names;
}

describe('documents and deployments name settings as they are declared', () => {
  it('the README describes every setting and no other', () => {
    const table = /<!-- settings:[\s\S]*<!-- \/settings -->/.exec(read('README.md'))![0];
    const rows = [...table.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map((match) => match[1]);
    expect(rows).toEqual(known);
    for (const { description } of Object.values(SETTINGS)) expect(table).toContain(description);
  });

  it.each([
    ['deploy/compose.yaml', 'environment:'],
    ['helm/tessera/values.yaml', 'settings:'],
  ])('%s sets only settings that exist', (path, under) => {
    const names = namesUnder(read(path), under);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('the image sets only settings that exist', () => {
    const line = /^ENV (.*)$/m.exec(read('deploy/Dockerfile'))![1]!;
    const names = line.split(' ').map((pair) => pair.split('=')[0]);
    expect(names.filter((name) => name !== 'NODE_ENV' && !known.includes(name!))).toEqual([]);
  });

  it('the chart takes every secret from a secret and never from its values', () => {
    const secrets = Object.entries(SETTINGS).filter(([, setting]) => 'isSecret' in setting && setting.isSecret);
    const values = namesUnder(read('helm/tessera/values.yaml'), 'settings:');
    expect(secrets.map(([name]) => name).filter((name) => values.includes(name))).toEqual([]);
  });
});
