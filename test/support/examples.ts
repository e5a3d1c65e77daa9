/** Rows of two labels, told apart by a word; no two alike. */
export function examples(count: number): string {
  const words = ['river', 'mountain', 'paper', 'window', 'copper', 'orange', 'violin', 'harbour', 'meadow', 'lantern'];
  const rows = Array.from({ length: count }, (_, at) => {
    const noise = [3, 7, 11].map((by) => words[Math.floor((at * by) / 3 + at / by) % words.length]).join(' ');
    return JSON.stringify({
      text: `${at % 2 ? 'send money' : 'show balance'} ${noise} ${at * 7919}`,
      label: at % 2 ? 'send' : 'show',
    });
  });
  return `${rows.join('\n')}\n`;
}
