// Plays the sound of a trial, and knows whether it was listened to.

const ENOUGH = 1.0; // seconds that must be heard before an answer, or all of a shorter sound

export class Player {
  /** `told(text)` shows a line below the button; `heard()` is called once enough of a sound was played. */
  constructor({ box, button, audio, told, heard }) {
    Object.assign(this, { box, button, audio, told, whenHeard: heard, heard: true });
    button.addEventListener("click", () => this.toggle());
    audio.addEventListener("timeupdate", () => this.#follow());
    audio.addEventListener("ended", () => {
      this.#enough();
      this.#show(false);
    });
    audio.addEventListener("play", () => this.#show(true));
    audio.addEventListener("pause", () => this.#show(false));
    audio.addEventListener("error", () => {
      if (audio.getAttribute("src")) told("This sound cannot be played here. Please tell whoever sent you the link.");
    });
  }

  /** Take the sound at `address` (null: none is heard) and play it where the browser lets a page do so. */
  load(address, heard) {
    this.audio.pause();
    this.box.hidden = !address;
    this.heard = heard || !address;
    this.button.style.setProperty("--played", 0);
    if (!address) return this.audio.removeAttribute("src");
    this.told(this.heard ? "" : "Listen first");
    this.audio.src = address;
    this.#play();
  }

  toggle() {
    if (this.audio.paused) this.#play();
    else this.audio.pause();
  }

  stop() {
    this.audio.pause();
  }

  #play() {
    this.audio.play().catch(() => {}); // not before the first touch, in some browsers: the button is there
  }

  #follow() {
    const { currentTime, duration } = this.audio;
    if (!(duration > 0)) return;
    this.button.style.setProperty("--played", currentTime / duration);
    if (currentTime >= Math.min(ENOUGH, duration)) this.#enough();
  }

  #enough() {
    if (this.heard) return;
    this.heard = true;
    this.told("");
    this.whenHeard();
  }

  #show(playing) {
    this.button.classList.toggle("playing", playing);
    this.button.setAttribute("aria-label", playing ? "Pause the sound" : "Play the sound");
  }
}
