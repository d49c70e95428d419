/** Microphones, cameras and speakers: asking for them, naming what is wrong, following what is plugged in and out. */

export type InputKind = "microphone" | "camera";

/**
 * Why there is no microphone or camera, in words that a page has a sentence for. `denied`: the person or the browser
 * refused. `missing`: none is there. `busy`: another program holds it. `unsupported`: this browser, or an address
 * without HTTPS, has no devices at all.
 */
export type DeviceProblem = "denied" | "missing" | "busy" | "unsupported";

export class DeviceError extends Error {
  constructor(
    readonly kind: InputKind,
    readonly problem: DeviceProblem,
    cause?: unknown,
  ) {
    super(`${kind}: ${problem}`, { cause });
  }
}

/** Calls and devices can work here at all: a secure address and a browser with WebRTC. */
export function callsSupported(): boolean {
  return isSecureContext && "mediaDevices" in navigator && typeof RTCPeerConnection === "function";
}

/** The problem behind what `getUserMedia` threw. */
export function problemOf(error: unknown): DeviceProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "unsupported";
  }
}

function constraints(kind: InputKind, deviceId: string | null): MediaStreamConstraints {
  // `exact`, since with `ideal` Chromium takes the default microphone even where the wanted one is plugged in.
  const device = deviceId ? { deviceId: { exact: deviceId } } : {};
  if (kind === "microphone") {
    return { audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
  }
  const front = deviceId ? {} : { facingMode: "user" };
  return {
    video: { ...device, ...front, width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } },
  };
}

/** Opens a microphone or camera; the default one when the wanted one is not plugged in today. Throws `DeviceError`. */
export async function openInput(kind: InputKind, deviceId: string | null = null): Promise<MediaStreamTrack> {
  if (!callsSupported()) throw new DeviceError(kind, "unsupported");
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, deviceId));
    const track = stream.getTracks()[0];
    if (!track) throw new DeviceError(kind, "missing");
    return track;
  } catch (error) {
    if (deviceId !== null && problemOf(error) === "missing") return openInput(kind);
    throw error instanceof DeviceError ? error : new DeviceError(kind, problemOf(error), error);
  }
}

/** Opens the default microphone and camera with a single question. Throws `DeviceError` when either is not to be had. */
export async function openBoth(): Promise<{ microphone: MediaStreamTrack; camera: MediaStreamTrack }> {
  if (!callsSupported()) throw new DeviceError("microphone", "unsupported");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      ...constraints("microphone", null),
      ...constraints("camera", null),
    });
    const [microphone, camera] = [stream.getAudioTracks()[0], stream.getVideoTracks()[0]];
    if (!microphone || !camera) throw new DeviceError(microphone ? "camera" : "microphone", "missing");
    return { microphone, camera };
  } catch (error) {
    throw error instanceof DeviceError ? error : new DeviceError("microphone", problemOf(error), error);
  }
}

export interface DeviceLists {
  microphones: MediaDeviceInfo[];
  cameras: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

/** What is plugged in. Labels are empty until the person has allowed a microphone or camera once. */
export async function listDevices(): Promise<DeviceLists> {
  const all = callsSupported() ? await navigator.mediaDevices.enumerateDevices() : [];
  const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== "");
  return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
}

/** Calls back whenever something is plugged in or out. Returns what ends that. */
export function watchDevices(changed: () => void): () => void {
  if (!callsSupported()) return () => {};
  navigator.mediaDevices.addEventListener("devicechange", changed);
  return () => navigator.mediaDevices.removeEventListener("devicechange", changed);
}

/** Lets an audio or video element play on this speaker; false where the browser or the device cannot. */
export async function playOn(element: HTMLMediaElement, speakerId: string | null): Promise<boolean> {
  if (!("setSinkId" in element)) return speakerId === null;
  try {
    await element.setSinkId(speakerId ?? "");
    return true;
  } catch {
    return false;
  }
}
