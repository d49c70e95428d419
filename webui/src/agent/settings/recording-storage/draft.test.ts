import { describe, expect, it } from "vitest";
import type { RecordingStorage } from "../../../lib/api/types";
import { draftOf, needsSecret, serverOf, uploadRefused, withProtocol } from "./draft";

const SAVED: RecordingStorage = {
  protocol: "ftps",
  host: "files.example.org",
  port: 21,
  user: "recorder",
  secret_set: true,
  by_key: false,
  fingerprint: "ab".repeat(32),
  template: "{year}/{call}",
  failover: true,
  upload: false,
  upload_refused: null,
  video_refused: false,
  version: 3,
  trouble: null,
  backlog: { preparing: 0, waiting: 0, uploading: 0, failed_over: 0, failed: 0, removing: 0, not_removed: 0 },
  succeeded_at: null,
};

describe("the server that recordings go to", () => {
  it("takes the usual port of another protocol, and forgets what the server was known by", () => {
    const changed = withProtocol(draftOf(SAVED), "sftp");
    expect(changed).toMatchObject({ port: 22, fingerprint: null });
    expect(withProtocol({ ...changed, port: 2222, by_key: true }, "ftp")).toMatchObject({ port: 2222, by_key: false });
  });

  it("needs the secret again for another account only", () => {
    const draft = draftOf(SAVED);
    expect(needsSecret(SAVED, { ...draft, template: "{call}" })).toBe(false);
    expect(needsSecret(SAVED, { ...draft, user: "other" })).toBe(true);
    expect(needsSecret({ ...SAVED, secret_set: false }, draft)).toBe(true);
  });

  it("says why upload cannot be switched on", () => {
    const draft = draftOf(SAVED);
    expect(uploadRefused(SAVED, draft)).toBeNull();
    expect(uploadRefused(SAVED, { ...draft, host: "" })).toBe("target");
    expect(uploadRefused(SAVED, { ...draft, protocol: "sftp", secret: "x", fingerprint: null })).toBe("key");
    expect(uploadRefused({ ...SAVED, video_refused: true }, draft)).toBe("download");
  });

  it("sends a secret only when one was typed", () => {
    expect(serverOf(draftOf(SAVED))).not.toHaveProperty("secret");
    expect(serverOf({ ...draftOf(SAVED), secret: "x" })).toMatchObject({ secret: "x" });
  });
});
