import createClient from "openapi-fetch";
import { ApiError, problemOf } from "./problem";
import type { paths } from "./schema";

const LIMIT_MS = 15_000;

/** The typed way to every path of the API; `answer` takes what its calls return. */
export const api = createClient<paths>({
  headers: { accept: "application/json", "x-csrf": "1" },
  credentials: "same-origin",
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(LIMIT_MS)]) }),
});

const onSignedOut = new Set<() => void>();

/** Calls `listener` whenever the server answers that nobody is signed in. Returns the way to stop. */
export function whenSignedOut(listener: () => void): () => void {
  onSignedOut.add(listener);
  return () => onSignedOut.delete(listener);
}

/**
 * Waits for the answer and returns what it carries. Throws `ApiError`; an answer that does not come within 15 s counts
 * as unreachable.
 */
export async function answer<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked.catch(() => {
    throw new ApiError(0, "unreachable", "");
  });
  if (response.ok) return data as T;
  const problem = problemOf(response.status, error);
  if (problem.code === "signed_out") onSignedOut.forEach((listener) => listener());
  throw problem;
}
