// Runs before senses.js in a Firefox on a machine without a sound card, where no AudioContext ever starts. The voice
// is the microphone that Firefox makes up (its tone is set by a preference), and a tone is heard by recording it.
"use strict";
(() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const heard = new Map();

  SENSES.voice = async () => {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return (await open({ audio: plain })).getAudioTracks()[0];
  };

  SENSES.hear = (track) => {
    if (!heard.has(track)) {
      heard.set(track, 0);
      void listen(track);
    }
    return heard.get(track);
  };

  async function listen(track) {
    while (track.readyState === "live") heard.set(track, pitch(await decoded(await recorded(track))));
  }

  async function recorded(track) {
    const recorder = new MediaRecorder(new MediaStream([track]));
    const blob = new Promise((resolve) => (recorder.ondataavailable = ({ data }) => resolve(data)));
    recorder.start();
    setTimeout(() => recorder.stop(), 500);
    return blob;
  }

  async function decoded(blob) {
    if (!blob.size) return new Float32Array();
    const audio = new OfflineAudioContext(1, 48000, 48000);
    const sound = await audio.decodeAudioData(await blob.arrayBuffer()).catch(() => null);
    return sound ? sound.getChannelData(0).subarray(-14400) : new Float32Array();
  }

  // The made-up voice and the other page's are pure tones: counting where they cross zero is enough.
  function pitch(samples) {
    const power = samples.reduce((sum, one) => sum + one * one, 0) / (samples.length || 1);
    if (power < 1e-4) return 0;
    const rises = [];
    for (let i = 1; i < samples.length; i++) if (samples[i - 1] < 0 && samples[i] >= 0) rises.push(i);
    return ((rises.length - 1) * 48000) / (rises.at(-1) - rises[0]);
  }
})();
