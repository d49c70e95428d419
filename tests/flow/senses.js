// Runs before a page's own code. It gives the page a voice (a tone) and a face (a colour), and lets the test
// ask what the page receives: the loudest tone and the colour of the picture, measured on the received tracks. It also
// tells what the page does itself: what it rings, and what of one's own it has open.
"use strict";
(() => {
  const { hertz, css, voice = tone, hear = listen } = SENSES; // deviceless.js has others
  const audio = new AudioContext();
  const peers = [];
  const microphones = [{ name: "Headset", frequency: hertz }, { name: "Desk microphone", frequency: hertz + 300 }];
  const voices = [];
  const opened = [];

  async function tone() {
    await audio.resume();
    const [{ name, frequency }] = microphones;
    const oscillator = new OscillatorNode(audio, { frequency });
    const out = new MediaStreamAudioDestinationNode(audio);
    oscillator.connect(new GainNode(audio, { gain: 0.3 })).connect(out);
    oscillator.start();
    const voice = out.stream.getAudioTracks()[0];
    Object.defineProperty(voice, "label", { value: name });
    voices.push(voice);
    return voice;
  }

  // Pulls the headset out: its tracks end, and who asks for a microphone now gets the other one, with another tone.
  window.unplug = () => {
    microphones.shift();
    for (const voice of voices.splice(0).filter(({ readyState }) => readyState === "live")) {
      voice.stop();
      voice.dispatchEvent(new Event("ended"));
    }
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  };

  function face() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d");
    let count = 0;
    setInterval(() => {
      pen.fillStyle = css;
      pen.fillRect(0, 0, 640, 360);
      pen.fillStyle = "#888";
      pen.fillRect((count++ * 8) % 640, 340, 16, 16); // something moves, so that there are frames to send
    }, 50);
    return canvas.captureStream(20).getVideoTracks()[0];
  }

  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const tracks = [];
    if (wanted.audio) tracks.push(await voice());
    if (wanted.video) tracks.push(face());
    opened.push(...tracks);
    return new MediaStream(tracks);
  };

  // What the page plays from a file of its own is the ring: voices are streams.
  const bells = new Set();
  window.plays = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    if (this.src) {
      bells.add(this);
      plays.push({ loop: this.loop });
    }
    return play.call(this);
  };

  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...options) {
      super(...options);
      peers.push(this);
    }
  };

  const ears = new Map();
  const eyes = new Map();

  function ear(track) {
    if (!ears.has(track)) {
      const speaker = new Audio();
      speaker.muted = true; // Chromium lets no received sound into the graph below without an element
      speaker.srcObject = new MediaStream([track]);
      void speaker.play().catch(() => {});
      const analyser = new AnalyserNode(audio, { fftSize: 8192, smoothingTimeConstant: 0 });
      new MediaStreamAudioSourceNode(audio, { mediaStream: speaker.srcObject }).connect(analyser);
      ears.set(track, analyser);
    }
    return ears.get(track);
  }

  function eye(track) {
    if (!eyes.has(track)) {
      const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
      video.srcObject = new MediaStream([track]);
      void video.play().catch(() => {});
      eyes.set(track, video);
    }
    return eyes.get(track);
  }

  function loudest(analyser) {
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const peak = bins.indexOf(Math.max(...bins));
    if (!(bins[peak] > -60)) return 0;
    // Parabolic interpolation between bins: the tone is known to a tenth of a bin.
    const [a, b, c] = [bins[peak - 1], bins[peak], bins[peak + 1]];
    return ((peak + (0.5 * (a - c)) / (a - 2 * b + c)) * audio.sampleRate) / 8192;
  }

  function colour(video) {
    if (!video.videoWidth) return null;
    const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0, 8, 8);
    return Array.from(pen.getImageData(3, 3, 1, 1).data.slice(0, 3));
  }

  async function listen(track) {
    await audio.resume();
    return loudest(ear(track));
  }

  window.senses = async () => {
    const peer = peers.findLast((one) => one.connectionState !== "closed");
    const result = {
      connected: peer?.connectionState === "connected", // by its newest connection
      connections: peers.length,
      hertz: 0,
      colour: null,
      pictures: 0, // packets of the picture
      frames: 0, // decoded
      received: 0,
      sent: 0,
      rings: [...bells].some(({ loop, paused }) => loop && !paused),
      open: opened.filter(({ readyState }) => readyState === "live").length,
    };
    if (!peer) return result;
    const [speaker, camera] = peer.getTransceivers();
    result.hertz = await hear(speaker.receiver.track);
    if (camera) result.colour = colour(eye(camera.receiver.track));
    for (const [, item] of await peer.getStats()) {
      if (item.type === "inbound-rtp") {
        result.received += item.packetsReceived;
        if (item.kind === "video") result.pictures += item.packetsReceived;
        result.frames += item.framesDecoded ?? 0;
      }
      if (item.type === "outbound-rtp") result.sent += item.packetsSent;
    }
    return result;
  };
})();
