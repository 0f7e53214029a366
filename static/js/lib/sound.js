// A short tone for what arrives: off until a person wants it, and remembered.

import { say } from "./dom.js";

const KEY = "sound";
const SHORTEST_GAP_MS = 250;
const TONE_SECONDS = 0.12;
const VOLUME = 0.08;
// In hertz, by loudness.
const PITCHES = [660, 880, 1320];

export class Sound {
  #context = null;
  #last = 0;
  #isOn = localStorage.getItem(KEY) === "on";

  constructor(button) {
    this.button = button;
    button.addEventListener("click", () => this.toggle());
    // Browsers let nothing sound before a person has done something on the page.
    for (const kind of ["pointerdown", "keydown"])
      document.addEventListener(kind, () => this.#isOn && this.#wake());
    this.#tell();
  }

  toggle() {
    this.#isOn = !this.#isOn;
    localStorage.setItem(KEY, this.#isOn ? "on" : "off");
    if (this.#isOn) this.#wake();
    this.#tell();
    this.ring(0);
  }

  // Sound once, not oftener than four times a second; `loudness` is 0, 1 or 2.
  ring(loudness) {
    const isTooSoon = performance.now() - this.#last < SHORTEST_GAP_MS;
    if (!this.#isOn || isTooSoon || this.#context?.state !== "running") return;
    this.#last = performance.now();
    this.#play(PITCHES[loudness]);
  }

  #wake() {
    this.#context ??= new AudioContext();
    this.#context.resume().then(() => this.#tell());
  }

  #play(pitch) {
    const { currentTime: now, destination } = this.#context;
    const tone = new OscillatorNode(this.#context, { frequency: pitch });
    const volume = new GainNode(this.#context, { gain: VOLUME });
    volume.gain.setTargetAtTime(0, now, TONE_SECONDS / 3);
    tone.connect(volume).connect(destination);
    tone.start(now);
    tone.stop(now + TONE_SECONDS);
  }

  #tell() {
    const isReady = this.#context?.state === "running";
    this.button.setAttribute("aria-pressed", this.#isOn);
    say(this.button, !this.#isOn ? "Sound off" : isReady ? "Sound on" : "Sound on after a click");
  }
}
