/** The name and the HTTP status with which a call was refused; throws where it was not. */
export async function refusal(call: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  const error: unknown = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof Error)) throw new Error('the call was not refused');
  const status =
    '$metadata' in error &&
    typeof error.$metadata === 'object' &&
    error.$metadata &&
    'httpStatusCode' in error.$metadata
      ? Number(error.$metadata.httpStatusCode)
      : undefined;
  return { name: error.name, status };
}
