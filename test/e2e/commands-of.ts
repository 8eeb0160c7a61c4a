/** The shell commands of a document's part: each ```sh block, in order. */
export function commandsOf(
  markdown: string,
  part?: { readonly from: string; readonly to?: string },
): readonly string[] {
  const blocks = [...partOf(markdown, part).matchAll(/^```(\S*)\n([^]*?)^```$/gm)].map(([, form, text = '']) => ({
    form,
    text,
  }));
  const unmarked = blocks.find(({ form }) => form === '');
  // What is not marked would not be run, and nobody would notice.
  if (unmarked) throw new Error(`this block does not say what it is; commands are marked with sh:\n${unmarked.text}`);
  const commands = blocks.filter(({ form }) => form === 'sh').map(({ text }) => text);
  const placeholder = commands.find((text) => text.includes('…'));
  if (placeholder !== undefined)
    throw new Error(`this block leaves something out; give it a variable:\n${placeholder}`);
  return commands;
}

function partOf(markdown: string, part?: { readonly from: string; readonly to?: string }): string {
  if (part === undefined) return markdown;
  const start = markdown.indexOf(`${part.from}\n`);
  const end = part.to === undefined ? markdown.length : markdown.indexOf(`${part.to}\n`);
  if (start < 0 || end < start) throw new Error(`there is no part from ${part.from} to ${String(part.to)}`);
  return markdown.slice(start, end);
}
