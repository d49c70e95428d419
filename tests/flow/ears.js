// What a page plays of itself on each ear: the loudest tone in Hz, 0 for silence.
(() => {
  const listeners = [];
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...ports) {
    if (target instanceof AudioDestinationNode && this instanceof ChannelMergerNode) {
      const sides = new ChannelSplitterNode(this.context, { numberOfOutputs: 2 });
      connect.call(this, sides);
      for (const side of [0, 1]) {
        const analyser = new AnalyserNode(this.context, { fftSize: 8192, smoothingTimeConstant: 0 });
        connect.call(sides, analyser, side);
        listeners[side] = analyser;
      }
    }
    return connect.call(this, target, ...ports);
  };

  function loudest(analyser) {
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const peak = bins.indexOf(Math.max(...bins));
    return bins[peak] > -60 ? (peak * analyser.context.sampleRate) / analyser.fftSize : 0;
  }

  window.ears = () => [0, 1].map((side) => (listeners[side] ? loudest(listeners[side]) : -1));
})();
