/** An answer other than success, or none at all. `message` is a sentence for a person. */
export class ApiError extends Error {
  constructor(
    /** HTTP status, or 0 when the server could not be reached. */
    readonly status: number,
    /** The stable word of the problem, or `unreachable`. */
    readonly code: string,
    sentence: string,
    /** Everything else the problem document says, such as `current` of a `stale` one. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(sentence);
    this.name = "ApiError";
  }
}

/** Reads the problem document (RFC 9457) of an unsuccessful response. A body of another kind gives the code `failed`. */
export async function problemOf(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's error page is no JSON; the status says enough.
  }
  const details = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof details["code"] === "string" ? details["code"] : "failed";
  const sentence = typeof details["detail"] === "string" ? details["detail"] : "";
  return new ApiError(response.status, code, sentence, details);
}
