/** What a person who starts the service wants to know, in a few lines they can paste from. */
export function banner({
  url,
  adminKey,
  defaultKey,
  hasExamples,
}: {
  url: string;
  adminKey: string;
  defaultKey?: string | undefined;
  /** The example adapters fit this base, so the first call may name one. */
  hasExamples: boolean;
}): string {
  const lines = ['', `Tessera answers at ${url}`, `  admin key    ${adminKey}`, `  documents    ${url}/docs`];
  if (defaultKey !== undefined)
    lines.push(`  tenant key   ${defaultKey}`, '', 'Try it:', '', firstCall(url, defaultKey, hasExamples));
  return `${lines.join('\n')}\n\n`;
}

function firstCall(url: string, keyFile: string, hasExamples: boolean): string {
  const [route, body] = hasExamples
    ? ['classify', '{"model": "clinc-banking", "input": "please tell me how much cash is left in my checking account"}']
    : ['embeddings', '{"model": "base", "input": "please tell me how much cash is left in my checking account"}'];
  return [
    `curl -s ${url}/v1/${route} \\`,
    `  -H "Authorization: Bearer $(cat '${keyFile}')" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join('\n');
}
