/** Which of the two voices one hears: the sound has the customer on the left and the agent on the right. */

export const CHANNELS = ["both", "customer", "agent"] as const;
export type Channel = (typeof CHANNELS)[number];

/** How loud each voice is on each ear: the customer left and right, the agent left and right. */
export function loudnessOf(channel: Channel): readonly [number, number, number, number] {
  switch (channel) {
    case "both":
      return [1, 0, 0, 1];
    case "customer":
      return [1, 1, 0, 0];
    case "agent":
      return [0, 0, 1, 1];
  }
}

/** The way of a sound to the ears. Made by a press: before one the browser keeps it silent. */
export class Voices {
  private readonly context = new AudioContext();
  private readonly ways: readonly GainNode[];

  constructor(sound: HTMLMediaElement) {
    const sides = new ChannelSplitterNode(this.context, { numberOfOutputs: 2 });
    const ears = new ChannelMergerNode(this.context, { numberOfInputs: 2 });
    this.context.createMediaElementSource(sound).connect(sides);
    this.ways = [0, 1, 2, 3].map((way) => {
      const gain = new GainNode(this.context);
      sides.connect(gain, way < 2 ? 0 : 1);
      gain.connect(ears, 0, way % 2);
      return gain;
    });
    ears.connect(this.context.destination);
  }

  choose(channel: Channel): void {
    loudnessOf(channel).forEach((loudness, way) => {
      this.ways[way]?.gain.setTargetAtTime(loudness, this.context.currentTime, 0.01); // at once it would click
    });
  }

  resume(): Promise<void> {
    return this.context.resume();
  }

  close(): void {
    void this.context.close();
  }
}
