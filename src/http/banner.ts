/** What a person who starts the service wants to know, in a few lines they can paste from. */
export function banner({
  url,
  adminKey,
  defaultKey,
}: {
  url: string;
  adminKey: string;
  defaultKey?: string | undefined;
}): string {
  const lines = ['', `Tessera answers at ${url}`, `  admin key    ${adminKey}`, `  documents    ${url}/docs`];
  if (defaultKey !== undefined)
    lines.push(`  tenant key   ${defaultKey}`, '', 'Try it:', '', firstCall(url, defaultKey));
  return `${lines.join('\n')}\n\n`;
}

function firstCall(url: string, keyFile: string): string {
  return [
    `curl -s ${url}/v1/classify \\`,
    `  -H "Authorization: Bearer $(cat '${keyFile}')" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"model": "clinc-banking", "input": "how much money is in my checking account"}'`,
  ].join('\n');
}
