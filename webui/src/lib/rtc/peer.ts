/** One RTCPeerConnection shaped as docs/protocol.md wants it: voice, camera and screen, in this order. */

import type { IceServer } from "../api/types";

/** What an offer asks for and how much a camera may send; the server forwards, so this is what the other side gets. */
const CAMERA_ENCODING: RTCRtpEncodingParameters = { maxBitrate: 1_200_000, maxFramerate: 24 };

/** On a poor line the voice goes first, within the browser and, where the network looks at it, on the way. */
const VOICE_ENCODING: RTCRtpEncodingParameters = { priority: "high", networkPriority: "high" };

export interface Peer {
  connection: RTCPeerConnection;
  voice: RTCRtpTransceiver;
  camera: RTCRtpTransceiver;
}

/** Makes a connection whose camera line is `sendrecv` on a video call, so that a camera may start later without a new offer. */
export function createPeer(video: boolean): Peer {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const voice = connection.addTransceiver("audio", { direction: "sendrecv", sendEncodings: [VOICE_ENCODING] });
  const camera = connection.addTransceiver("video", {
    direction: video ? "sendrecv" : "inactive",
    sendEncodings: [CAMERA_ENCODING],
  });
  const screen = connection.addTransceiver("video", { direction: "inactive" });
  prefer(voice, "audio", ["audio/opus"]);
  prefer(camera, "video", ["video/vp8", "video/rtx"]);
  prefer(screen, "video", ["video/vp8", "video/rtx"]);
  return { connection, voice, camera };
}

/** Sets the servers through which the connection may go. Only before `setLocalDescription`, which begins gathering. */
export function useServers(connection: RTCPeerConnection, servers: IceServer[]): void {
  connection.setConfiguration({
    bundlePolicy: "max-bundle",
    // A browser takes an absent name or secret, but not an empty one.
    iceServers: servers.map(({ urls, username, credential }) =>
      username && credential ? { urls, username, credential } : { urls },
    ),
  });
}

/** Offers only codecs that every leg of a call can share, where the browser lets us choose. */
function prefer(transceiver: RTCRtpTransceiver, kind: "audio" | "video", mimeTypes: string[]): void {
  const known = RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? [];
  const wanted = known.filter((codec) => mimeTypes.includes(codec.mimeType.toLowerCase()));
  if (wanted.length > 0) transceiver.setCodecPreferences?.(wanted);
}

/** Resolves when the connection is up; rejects when it failed, was closed, or `signal` aborted. */
export function connected(connection: RTCPeerConnection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: Error) => {
      connection.removeEventListener("connectionstatechange", look);
      signal.removeEventListener("abort", stop);
      if (error) reject(error);
      else resolve();
    };
    const look = () => {
      const state = connection.connectionState;
      if (state === "connected") finish();
      else if (state === "failed" || state === "closed") finish(new Error(`The connection is ${state}`));
    };
    const stop = () => finish(new Error("The connection took too long"));
    connection.addEventListener("connectionstatechange", look);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    else look();
  });
}
