import { ApiError, problemOf } from "./problem";

const ROOT = "/api/v1";
const LIMIT_MS = 15_000;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Options {
  body?: unknown;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Lets the request outlive the page, for what is said at `pagehide`. */
  keepalive?: boolean;
}

const onSignedOut = new Set<() => void>();

/** Calls `listener` whenever the server answers that nobody is signed in. Returns the way to stop. */
export function whenSignedOut(listener: () => void): () => void {
  onSignedOut.add(listener);
  return () => onSignedOut.delete(listener);
}

/**
 * Sends one request and returns the JSON of the answer, or undefined when it has none.
 * Throws `ApiError`; an answer that does not come within 15 s counts as unreachable.
 */
export async function request<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") headers["x-csrf"] = "1";
  if (options.body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(ROOT + path + queryString(options.query ?? {}), {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: "same-origin",
      keepalive: options.keepalive ?? false,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  if (!response.ok) {
    const error = await problemOf(response);
    if (error.code === "signed_out") onSignedOut.forEach((listener) => listener());
    throw error;
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

function queryString(query: NonNullable<Options["query"]>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
