// Replaces camera and microphone of a page by a drawn person who moves and hums. PERSON is put in front of this text.
(() => {
  if (!navigator.mediaDevices) return;
  const WIDTH = 640;
  const HEIGHT = 360;
  const DEVICES = [
    ["audioinput", "microphone", "Headset"],
    ["audioinput", "microphone-2", "Built-in microphone"],
    ["videoinput", "camera", "Built-in camera"],
    ["audiooutput", "headset", "Headset"],
    ["audiooutput", "speaker", "Built-in loudspeaker"],
  ];

  function shape(brush, colour, build) {
    brush.fillStyle = colour;
    brush.beginPath();
    build(brush);
    brush.fill();
  }

  function room(brush) {
    const light = brush.createLinearGradient(0, 0, WIDTH, HEIGHT);
    light.addColorStop(0, PERSON.wall[0]);
    light.addColorStop(1, PERSON.wall[1]);
    brush.fillStyle = light;
    brush.fillRect(0, 0, WIDTH, HEIGHT);
    if (PERSON.room === "window") {
      shape(brush, "#ffffff", (path) => path.roundRect(58, 34, 150, 190, 6));
      const sky = brush.createLinearGradient(0, 40, 0, 220);
      sky.addColorStop(0, "#bfe0f5");
      sky.addColorStop(1, "#eef7ee");
      shape(brush, sky, (path) => path.rect(66, 42, 134, 174));
      shape(brush, "#ffffff", (path) => path.rect(129, 42, 7, 174));
      shape(brush, "#ffffff", (path) => path.rect(66, 124, 134, 6));
    } else {
      shape(brush, "#00000018", (path) => path.roundRect(430, 84, 176, 9, 3));
      const books = ["#c8553d", "#588b8b", "#f28f3b", "#2d3047", "#93b7be"];
      books.forEach((colour, at) => shape(brush, colour, (path) => path.roundRect(446 + at * 19, 38 - (at % 2) * 8, 15, 46 + (at % 2) * 8, 2)));
      shape(brush, "#e8ddcb", (path) => path.roundRect(562, 58, 26, 26, 4));
      for (const turn of [-0.6, 0, 0.6]) {
        shape(brush, "#5c8d5a", (path) => path.ellipse(575 + turn * 16, 44, 7, 19, turn, 0, 7));
      }
    }
  }

  function person(brush, seconds) {
    const sway = Math.sin(seconds * 0.9) * 4;
    const nod = Math.sin(seconds * 1.7) * 2;
    const middle = WIDTH / 2 + sway;
    const top = 74 + nod;
    const { skin, hair, shirt } = PERSON;
    if (PERSON.cut === "long") shape(brush, hair, (path) => path.roundRect(middle - 84, top - 4, 168, 208, 78));
    shape(brush, shirt, (path) => path.roundRect(middle - 158, 262 + nod / 2, 316, 160, 78));
    shape(brush, PERSON.shade, (path) => path.roundRect(middle - 30, top + 128, 60, 84, 26));
    shape(brush, PERSON.shade, (path) => path.ellipse(middle, 268 + nod / 2, 44, 22, 0, 0, 7));
    shape(brush, skin, (path) => path.ellipse(middle, top + 84, 64, 82, 0, 0, 7));
    if (PERSON.cut === "long") {
      shape(brush, hair, (path) => {
        path.moveTo(middle - 70, top + 96);
        path.bezierCurveTo(middle - 80, top - 30, middle + 80, top - 30, middle + 70, top + 96);
        path.bezierCurveTo(middle + 62, top + 40, middle + 20, top + 44, middle - 14, top + 30);
        path.bezierCurveTo(middle - 40, top + 56, middle - 62, top + 56, middle - 70, top + 96);
      });
    } else {
      shape(brush, hair, (path) => {
        path.moveTo(middle - 66, top + 78);
        path.bezierCurveTo(middle - 82, top - 34, middle + 84, top - 40, middle + 66, top + 78);
        path.bezierCurveTo(middle + 56, top + 34, middle + 30, top + 30, middle, top + 32);
        path.bezierCurveTo(middle - 34, top + 32, middle - 56, top + 38, middle - 66, top + 78);
      });
    }
    const shut = seconds % 3.7 < 0.12;
    for (const side of [-1, 1]) {
      shape(brush, "#2b2b33", (path) => path.ellipse(middle + side * 25, top + 84, 5, shut ? 1 : 6, 0, 0, 7));
      brush.strokeStyle = hair;
      brush.lineWidth = 4;
      brush.lineCap = "round";
      brush.beginPath();
      brush.arc(middle + side * 25, top + 80, 15, Math.PI * 1.25, Math.PI * 1.75);
      brush.stroke();
    }
    if (PERSON.beard) {
      shape(brush, hair, (path) => {
        path.moveTo(middle - 62, top + 96);
        path.bezierCurveTo(middle - 60, top + 186, middle + 60, top + 186, middle + 62, top + 96);
        path.bezierCurveTo(middle + 52, top + 128, middle + 34, top + 112, middle, top + 112);
        path.bezierCurveTo(middle - 34, top + 112, middle - 52, top + 128, middle - 62, top + 96);
      });
    }
    const open = 4 + Math.abs(Math.sin(seconds * 5)) * 7;
    shape(brush, PERSON.beard ? "#7d3a33" : "#9c4a44", (path) => {
      path.moveTo(middle - 20, top + 122);
      path.quadraticCurveTo(middle, top + 130, middle + 20, top + 122);
      path.quadraticCurveTo(middle, top + 130 + 2 * open, middle - 20, top + 122);
    });
    brush.strokeStyle = PERSON.shade;
    brush.lineWidth = 3.5;
    brush.beginPath();
    brush.arc(middle + 1, top + 98, 8, Math.PI * 0.2, Math.PI * 0.8);
    brush.stroke();
  }

  function camera() {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    const brush = canvas.getContext("2d");
    const paint = () => {
      const seconds = performance.now() / 1000;
      room(brush);
      person(brush, seconds);
    };
    paint();
    const track = canvas.captureStream(20).getVideoTracks()[0];
    const timer = setInterval(() => (track.readyState === "live" ? paint() : clearInterval(timer)), 50);
    return track;
  }

  function microphone() {
    const context = new AudioContext();
    const voice = new OscillatorNode(context, { frequency: PERSON.hertz });
    const loudness = new GainNode(context, { gain: 0.4 });
    const target = new MediaStreamAudioDestinationNode(context);
    voice.connect(loudness).connect(target);
    voice.start();
    return target.stream.getAudioTracks()[0];
  }

  navigator.mediaDevices.getUserMedia = async ({ audio, video }) =>
    new MediaStream([...(audio ? [microphone()] : []), ...(video ? [camera()] : [])]);
  navigator.mediaDevices.enumerateDevices = async () =>
    DEVICES.map(([kind, deviceId, label]) => ({ kind, deviceId, label, groupId: "" }));
})();
