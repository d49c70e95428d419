/** One party's media path in a call. It outlives its connections: a lost one is replaced, the leg stays. */

import type { LegAnswer } from "../api/types";
import { pause, retryDelay } from "./ladder";
import { connected, createPeer, useServers, type Peer } from "./peer";
import { readCounters, type Counters } from "./counters";
import { returned, watchConnection } from "./watch";

export type LegState = "connecting" | "up" | "reconnecting" | "failed" | "closed";

/** Thrown by `negotiate` when the server said no for good: the call is over or not ours. */
export class LegRefused extends Error {}

export interface LegOptions {
  /** Posts an offer to the server and returns its answer. Any error but `LegRefused` is tried again. */
  negotiate(sdp: string, signal: AbortSignal): Promise<LegAnswer>;
  /** A video call; else the camera line stays inactive. */
  video: boolean;
  /** Called after any field of the leg has changed. */
  onchange(): void;
}

/** A try that is not connected by then is given up; the server's own limit is 15 s. */
const TRY_MS = 8000;
/** The server calls a leg lost after 3 s without a packet: what it says of one that is younger was meant for the old. */
const BELIEVED_FROM_MS = 2000;
/** Sound and pictures come far more often. */
const HEARD_WITHIN_MS = 400;
/** With this many tries in a row the grace of 60 s is over. */
const MOST_TRIES = 12;

export class Leg {
  state: LegState = "connecting";
  transport: string | null = null;
  remoteVoice: MediaStream | null = null;
  remoteCamera: MediaStream | null = null;
  /** Pictures are arriving; null while that is not known yet. */
  seesCamera: boolean | null = null;
  /** Packets go through a TURN server. */
  relayed = false;

  private peer: Peer | null = null;
  /** The peer is lost, but stays until another is answered: it is back sooner when only its network was away. */
  private mayReturn = false;
  private voiceTrack: MediaStreamTrack | null = null;
  private cameraTrack: MediaStreamTrack | null = null;
  private readonly end = new AbortController();
  private attempts: AbortController | null = null;
  /** In milliseconds of `performance.now`. */
  private upSince = -Infinity;
  private unwatch = () => {};

  constructor(private readonly options: LegOptions) {}

  /** Connects, with what `setVoice` and `setCamera` gave it so far. */
  start(): void {
    addEventListener("online", this.online);
    void this.connect();
  }

  /** Sends this microphone from now on; no new offer is needed. */
  async setVoice(track: MediaStreamTrack | null): Promise<void> {
    this.voiceTrack = track;
    await this.peer?.voice.sender.replaceTrack(track);
  }

  /** Sends this camera from now on; null leaves the other side without a picture. */
  async setCamera(track: MediaStreamTrack | null): Promise<void> {
    this.cameraTrack = track;
    await this.peer?.camera.sender.replaceTrack(track);
  }

  /** Makes a new connection for this leg: the server or the network said that the present one is of no use. */
  reconnect(): void {
    if (this.state !== "up" && this.state !== "failed") return;
    this.mayReturn = false;
    void this.connect();
  }

  /**
   * Makes a new connection, as the server says that it does not hear this one; unless this one is heard here, since
   * the word may have been on its way for as long as the network was away.
   */
  async doubt(): Promise<void> {
    if (performance.now() - this.upSince < BELIEVED_FROM_MS) return;
    const peer = this.peer;
    const before = await this.counters();
    await pause(HEARD_WITHIN_MS, this.end.signal);
    const after = await this.counters();
    if (this.peer === peer && before?.heard === after?.heard) this.reconnect();
  }

  /** The present counters, or null while there is no connection. */
  async counters(): Promise<Counters | null> {
    return this.peer ? readCounters(await this.peer.connection.getStats()) : null;
  }

  close(): void {
    removeEventListener("online", this.online);
    this.end.abort();
    this.attempts?.abort();
    this.drop();
    this.change("closed");
  }

  private readonly online = () => {
    // The pause of the ladder may have seconds to go; the network is back now.
    if (this.state === "reconnecting") void this.connect();
    else this.reconnect();
  };

  /** Tries along the ladder until a connection is up. A newer call of this ends an older one. */
  private async connect(): Promise<void> {
    if (this.end.signal.aborted) return;
    this.attempts?.abort();
    const attempts = (this.attempts = new AbortController());
    if (this.mayReturn && this.peer) void this.awaitReturn(this.peer, attempts);
    else this.drop();
    this.change(this.transport === null ? "connecting" : "reconnecting");
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      await pause(retryDelay(attempt), attempts.signal);
      if (attempts.signal.aborted) return;
      try {
        await this.tryOnce(AbortSignal.any([attempts.signal, AbortSignal.timeout(TRY_MS)]));
        return;
      } catch (error) {
        if (attempts.signal.aborted) return;
        if (error instanceof LegRefused) break;
      }
    }
    this.drop();
    this.change("failed");
  }

  private async awaitReturn(peer: Peer, attempts: AbortController): Promise<void> {
    await returned(peer.connection, attempts.signal);
    if (this.peer !== peer) return; // the server has answered for another one in the same instant
    attempts.abort();
    this.mayReturn = false;
    this.watch(peer.connection);
    this.change("up");
  }

  private async tryOnce(signal: AbortSignal): Promise<void> {
    const peer = createPeer(this.options.video);
    const giveUp = () => this.peer !== peer && peer.connection.close();
    signal.addEventListener("abort", giveUp);
    try {
      // The server is ICE-lite and learns our addresses, a relay's too, from our checks: an offer needs no candidates.
      const offer = await peer.connection.createOffer();
      const answer = await this.options.negotiate(offer.sdp ?? "", signal);
      signal.throwIfAborted();
      this.drop();
      this.peer = peer;
      this.transport = answer.transport;
      await peer.voice.sender.replaceTrack(this.voiceTrack);
      await peer.camera.sender.replaceTrack(this.cameraTrack);
      useServers(peer.connection, answer.ice_servers);
      await peer.connection.setLocalDescription(offer);
      await peer.connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      await connected(peer.connection, signal);
    } catch (error) {
      peer.connection.close();
      throw error;
    }
    this.remoteVoice = new MediaStream([peer.voice.receiver.track]);
    this.remoteCamera = this.options.video ? new MediaStream([peer.camera.receiver.track]) : null;
    this.watch(peer.connection);
    this.change("up");
  }

  private watch(connection: RTCPeerConnection): void {
    this.unwatch = watchConnection(connection, {
      onlost: (mayReturn) => {
        this.mayReturn = mayReturn;
        void this.connect();
      },
      onpictures: (arriving) => this.set("seesCamera", arriving),
      onroute: (relayed) => this.set("relayed", relayed),
    });
  }

  private set<Name extends "seesCamera" | "relayed">(name: Name, value: this[Name]): void {
    if (this[name] === value) return;
    this[name] = value;
    this.options.onchange();
  }

  private drop(): void {
    this.unwatch();
    this.peer?.connection.close();
    this.peer = null;
    this.mayReturn = false;
  }

  private change(state: LegState): void {
    this.state = state;
    if (state === "up") this.upSince = performance.now();
    this.options.onchange();
  }
}
