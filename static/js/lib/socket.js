// One live topic: JSON frames with a running `seq`, coming back by itself after a loss.

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export class LiveSocket {
  #socket = null;
  #retry = 0;
  #timer = 0;
  #seq = 0;

  // `onFrame(frame)`, `onSkip()` when a frame was missed, `onState(isOpen)`.
  constructor(path, { onFrame, onSkip, onState }) {
    Object.assign(this, { path, onFrame, onSkip, onState });
  }

  open() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${this.path}`);
    socket.onopen = () => this.onState(true);
    socket.onmessage = (message) => this.#receive(JSON.parse(message.data));
    socket.onclose = () => this.#lost(socket);
    this.#socket = socket;
    this.#seq = 0;
  }

  // Go on with another address, e.g. after another symbol was chosen.
  move(path) {
    if (path === this.path) return;
    this.path = path;
    const old = this.#socket;
    this.open();
    old?.close();
  }

  // A repeated `seq` tells nothing new about what was missed; 0 is before the first push.
  #receive(frame) {
    if (!frame.topic) return;
    this.#retry = 0;
    const isSkip = this.#seq && frame.seq !== this.#seq && frame.seq !== this.#seq + 1;
    this.#seq = frame.seq;
    this.onFrame(frame);
    if (isSkip) this.onSkip();
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.onState(false);
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.#retry++, LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}
