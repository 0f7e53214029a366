// The live socket: numbered JSON frames, going on where it was after a loss.

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const PING_MS = 30_000;

export class LiveSocket {
  #socket = null;
  #retry = 0;
  #timer = 0;
  #connection = "";
  #seq = 0;

  // `onWelcome(isResumed)`, `onFrame(frame)`, `onSkip()` when a frame was missed, `onState(isOpen)`.
  constructor(path, { onWelcome, onFrame, onSkip, onState }) {
    Object.assign(this, { path, onWelcome, onFrame, onSkip, onState });
    setInterval(() => this.say({ action: "ping" }), PING_MS);
  }

  open() {
    clearTimeout(this.#timer);
    const site = location.origin.replace(/^http/, "ws");
    const socket = new WebSocket(`${site}${this.path}${this.#resuming()}`);
    socket.onopen = () => this.onState(true);
    socket.onmessage = (message) => this.#receive(JSON.parse(message.data));
    socket.onclose = () => this.#lost(socket);
    this.#socket = socket;
  }

  // Say something while the socket is open.
  say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #resuming() {
    if (!this.#connection) return "";
    return `?${new URLSearchParams({ resume_from: `${this.#connection}:${this.#seq}` })}`;
  }

  #receive(frame) {
    if (frame.type === "welcome") this.#welcome(frame);
    if (!frame.seq || frame.type === "welcome") return;
    const isSkip = frame.seq !== this.#seq + 1;
    this.#seq = frame.seq;
    this.onFrame(frame);
    if (isSkip || frame.type === "missed") this.onSkip();
  }

  #welcome({ connection, seq, resumed }) {
    this.#retry = 0;
    this.#connection = connection;
    this.#seq = seq;
    this.onWelcome(resumed);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.onState(false);
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.#retry++, LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}
