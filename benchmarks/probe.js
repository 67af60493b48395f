// In the page: reads one picture and one slider at each animation frame. See sliders.py for how it is used.
window.probe = new (class {
  constructor() {
    const scratch = Object.assign(document.createElement("canvas"), { width: 128, height: 64 }); // 8192 points of the picture
    this.scratch = scratch.getContext("2d", { willReadFrequently: true });
    this.scratch.imageSmoothingEnabled = false;
    this.frame = this.frame.bind(this);
    this.after = new MessageChannel(); // its tasks run after the frame in which they were posted
    this.after.port1.onmessage = ({ data }) => this.arrive(performance.now() - data);
    this.observer = new MutationObserver(() => this.change());
    window.addEventListener("keydown", (event) => this.down(event), true);
  }

  down({ isTrusted, timeStamp }) {
    if (isTrusted && this.armed) this.pressed ??= { at: timeStamp, hash: this.hash };
  }

  // look: where picture, readout and sentence stand, and how the value that is shown is read from them.
  start(look) {
    Object.assign(this, { look, frames: [], changes: [], known: new Map(), wrong: 0, first: null, hash: null, shown: null });
    Object.assign(this, { began: performance.now(), readout: null, armed: false, pressed: null });
    this.next = requestAnimationFrame(this.frame);
  }

  stop() {
    cancelAnimationFrame(this.next);
    this.observer.disconnect();
    return { frames: this.frames, changes: this.changes, wrong: this.wrong };
  }

  frame() {
    this.next = requestAnimationFrame(this.frame);
    if (!this.readout) this.follow();
    const now = performance.now(), { value, hash, blank } = this.read();
    if (value !== null && hash !== this.hash) this.shown = value; // new words over old pixels do not count
    this.hash = hash;
    if (value !== null && !blank) this.first ??= now - this.began;
    this.frames.push([now, this.shown, blank]);
    if (this.pressed?.wanted !== undefined && this.shown === this.pressed.wanted && hash !== this.pressed.hash) {
      this.after.port2.postMessage(this.pressed.at);
      this.armed = this.pressed = null;
    }
  }

  follow() {
    this.readout = document.querySelector(this.look.readout);
    const told = { childList: true, characterData: true, subtree: true, attributeFilter: ["aria-valuetext"] };
    if (this.readout) this.observer.observe(this.readout, told);
    this.wanted = this.readout && this.told();
  }

  // The value beside a slider of @interact, or that of an explorer's range as screen readers are told it.
  told() {
    return number(this.readout.getAttribute("aria-valuetext") ?? this.readout.textContent);
  }

  change() {
    const value = this.told();
    if (value === this.wanted) return;
    this.wanted = value;
    this.changes.push([performance.now(), value]);
    if (this.pressed) this.pressed.wanted = value;
  }

  read() {
    const picture = document.querySelector(this.look.picture), { width, height } = this.scratch.canvas;
    if (!picture || picture.complete === false || !(picture.naturalWidth ?? picture.width)) return { value: null, hash: null, blank: true };
    this.scratch.drawImage(picture, 0, 0, width, height);
    const points = new Uint32Array(this.scratch.getImageData(0, 0, width, height).data.buffer);
    let hash = 17, blank = true;
    for (const point of points) {
      hash = (Math.imul(hash, 31) + point) | 0;
      blank &&= point === points[0];
    }
    const value = this.look.values ? this.decode(picture) : this.said();
    if (!this.look.values && value !== null && (this.known.get(value) ?? hash) !== hash) this.wrong++;
    this.known.set(value, hash);
    return { value, hash, blank };
  }

  // The value that an explorer's sentence tells, which is written by the same callback as the canvas.
  said() {
    return this.look.sentences[document.querySelector(this.look.sentence)?.textContent] ?? null;
  }

  // The value in the coloured square of a figure of replot.py.
  decode(image) {
    this.scratch.drawImage(image, 18, image.naturalHeight - 22, 4, 4, 0, 0, 4, 4);
    const [r, g, b] = this.scratch.getImageData(1, 1, 1, 1).data;
    return this.look.values[Math.round(r / 51) + 6 * Math.round(g / 51) + 36 * Math.round(b / 51)] ?? null;
  }

  // Call before a key press: where the slider stands; `landed` then gives the ms until the new picture, or null.
  arm() {
    this.latency = new Promise((arrive) => { this.arrive = arrive; });
    this.armed = true;
    this.pressed = null;
    return this.wanted;
  }

  landed(ms) {
    return Promise.race([this.latency, new Promise((end) => setTimeout(end, ms, null))]);
  }

  // Whether the picture is that of the slider, within `ms`.
  async settled(ms) {
    for (const end = performance.now() + ms; performance.now() < end; await new Promise((next) => setTimeout(next, 50)))
      if (this.shown === this.wanted) return true;
    return false;
  }

  // The mean of 120 frames in which nothing happens, ms.
  idle() {
    const next = () => new Promise(requestAnimationFrame);
    return next().then(async (from) => {
      for (let i = 1; i < 120; i++) await next();
      return ((await next()) - from) / 120;
    });
  }
})();

function number(text) {
  return Number(text.replace("−", "-"));
}
