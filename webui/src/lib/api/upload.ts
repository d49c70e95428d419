import { ApiError, problemOf } from "./problem";
import type { UploadedSound } from "./types";

/** Sends a sound file. `onprogress` is told the share that has gone out, 0 to 1: `fetch` cannot tell. Throws `ApiError`. */
export function uploadSound(file: File, onprogress: (share: number) => void): Promise<UploadedSound> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/sounds?name=${encodeURIComponent(nameOf(file))}`);
    request.setRequestHeader("X-CSRF", "1");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onprogress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new ApiError(0, "unreachable", ""));
    request.onload = () => {
      const body: unknown = request.response;
      if (request.status === 201) resolve(body as UploadedSound);
      else reject(problemOf(request.status, body));
    };
    request.send(file);
  });
}

/** The name to keep a file under: without its ending. */
function nameOf(file: File): string {
  return file.name.replace(/\.[^.]*$/, "").slice(0, 100) || file.name.slice(0, 100);
}
