/** What an administrator types about the server that recordings go to, until it is saved. */

import type { RecordingServer, RecordingStorage } from "../../../lib/api/types";

export type Protocol = RecordingStorage["protocol"];

export interface Draft {
  protocol: Protocol;
  host: string;
  port: number;
  user: string;
  /** Empty: the stored one stays. */
  secret: string;
  by_key: boolean;
  fingerprint: string | null;
  template: string;
  failover: boolean;
  upload: boolean;
}

export const PROTOCOLS: readonly Protocol[] = ["ftps", "sftp", "ftp"];
const PORTS: Readonly<Record<Protocol, number>> = { ftp: 21, ftps: 21, sftp: 22 };

export function draftOf(saved: RecordingStorage): Draft {
  const { protocol, host, port, user, by_key, fingerprint, template, failover, upload } = saved;
  return { protocol, host, port, user, secret: "", by_key, fingerprint, template, failover, upload };
}

/** Changes the protocol: the port follows where it was the usual one, and what the server was known by is forgotten. */
export function withProtocol(draft: Draft, protocol: Protocol): Draft {
  const port = draft.port === PORTS[draft.protocol] ? PORTS[protocol] : draft.port;
  return { ...draft, protocol, port, by_key: draft.by_key && protocol === "sftp", fingerprint: null };
}

/** Whether the stored secret cannot be used: it is told only to the account that it was entered for. */
export function needsSecret(saved: RecordingStorage, draft: Draft): boolean {
  const same = (["protocol", "host", "port", "user"] as const).every((name) => saved[name] === draft[name]);
  return !saved.secret_set || !same;
}

/** Why upload cannot be switched on for what is typed, null where it can. */
export function uploadRefused(saved: RecordingStorage, draft: Draft): "target" | "key" | "download" | null {
  if (draft.host === "" || draft.user === "" || (needsSecret(saved, draft) && draft.secret === "")) return "target";
  if (draft.protocol === "sftp" && draft.fingerprint === null) return "key";
  return saved.video_refused ? "download" : null;
}

/** The server as requests name it. */
export function serverOf({ failover: _failover, upload: _upload, secret, ...server }: Draft): RecordingServer {
  return secret === "" ? server : { ...server, secret };
}
