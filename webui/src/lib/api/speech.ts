import { ApiError, problemOf } from "./problem";
import type { StrategySource } from "./types";

/** Renders a text as speech, to be listened to. Throws `ApiError`. */
export async function speech(source: StrategySource): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch("/api/v1/speech", {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf": "1" },
      body: JSON.stringify(source),
    });
  } catch {
    throw new ApiError(0, "unreachable", "");
  }
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response.blob();
}
