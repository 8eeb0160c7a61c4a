/** A process of the bench: answers each question, and closes what it opened and ends when the bench lets it go. */
export function answerQuestions(
  answer: (question: unknown) => unknown,
  close: () => Promise<void> = () => Promise.resolve(),
): void {
  process.on('message', (text) => {
    void reply(answer, text).then((said) => process.send?.(said));
  });
  process.once('disconnect', () => void close().finally(() => process.exit()));
}

async function reply(answer: (question: unknown) => unknown, text: unknown): Promise<object> {
  try {
    return { answer: (await answer(JSON.parse(String(text)))) ?? null };
  } catch (error) {
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
