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

/** Reads a problem document (RFC 9457). A body of another kind, such as a proxy's page, gives the code `failed`. */
export function problemOf(status: number, body: unknown): ApiError {
  const details = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof details["code"] === "string" ? details["code"] : "failed";
  const sentence = typeof details["detail"] === "string" ? details["detail"] : "";
  return new ApiError(status, code, sentence, details);
}
