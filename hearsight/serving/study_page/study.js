// The page of a study: welcome, one question after the other, thanks. The address is the rater's personal link.

import { Player } from "./player.js";
import { ask, insist, Refused } from "./server.js";

const WORDS = {
  match: {
    task: "You will hear a sound and see two pictures. Choose the picture that fits the sound, or say that neither does.",
    question: () => "Which picture fits the sound?",
    neither: "Neither fits",
    seconds: 8,
  },
  preference: {
    task: "You will hear a sound and see two pictures of it. Choose the one that shows it better.",
    question: () => "Which picture shows the sound better?",
    neither: "No difference",
    seconds: 8,
  },
  relevance: {
    task: "You will see pictures. Say how well each shows what it is meant to show, from 1, not at all, to 5, perfectly.",
    question: (label) => `How well does this picture show “${label}”?`,
    seconds: 5,
  },
};
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "neither", 0: "neither" };
const SIDES = { left: "Left picture", right: "Right picture" };
const SEEN = 250; // milliseconds for which a choice is seen before the next question comes

const byId = (id) => document.getElementById(id);
const player = new Player({
  box: byId("player"),
  button: byId("play"),
  audio: byId("sound"),
  told: (text) => (byId("listen").textContent = text),
  heard: () => unlock(),
});

let token = location.pathname.startsWith("/r/") ? location.pathname.slice(3) : null;
let study = null;
let at = 0; // the question on the screen
let since = 0; // when it came there
let saving = false;

function show(id) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== id;
  byId(id).querySelector("h1").focus({ preventScroll: true });
  window.scrollTo(0, 0);
  const answered = study?.trials?.filter((trial) => trial.choice).length ?? 0;
  byId("progress").hidden = !study?.trials;
  byId("progress").value = study?.trials ? answered / study.trials.length : 0;
  byId("count").textContent = id === "trial" ? `${at + 1} of ${study.trials.length}` : "";
  if (id !== "trial") player.stop();
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function choiceButton(choice, label, className, ...children) {
  const button = element("button", { className, onclick: () => choose(choice) }, ...children);
  button.dataset.choice = choice;
  if (label) button.setAttribute("aria-label", label);
  return button;
}

function showTrial(number) {
  at = number;
  const trial = study.trials[at];
  const words = WORDS[study.kind];
  const two = trial.pictures.length === 2;
  byId("question").textContent = words.question(trial.label);
  byId("pictures").className = two ? "two" : "one";
  byId("pictures").replaceChildren(
    ...trial.pictures.map((address, place) => {
      const side = ["left", "right"][place];
      const image = element("img", { src: address, alt: two ? "" : "The picture to rate", draggable: false });
      return two ? choiceButton(side, SIDES[side], "picture", image) : element("div", { className: "picture" }, image);
    }),
  );
  byId("choices").className = two ? "" : "scale";
  byId("choices").replaceChildren(...(two ? [choiceButton("neither", "", "choice", words.neither)] : scale()));
  byId("keys").replaceChildren(...keys(two));
  byId("back").disabled = at === 0;
  player.load(trial.sound, Boolean(trial.choice));
  show("trial");
  unlock();
  mark();
  since = performance.now();
  fetchAhead(study.trials[at + 1]);
}

function scale() {
  const numbers = ["1", "2", "3", "4", "5"].map((number) => choiceButton(number, "", "choice", number));
  numbers[0].setAttribute("aria-label", "1, not at all");
  numbers[4].setAttribute("aria-label", "5, perfectly");
  const ends = ["not at all", "perfectly"].map((textContent) =>
    element("p", { className: "end quiet", textContent, ariaHidden: "true" }),
  );
  return [...numbers, ...ends];
}

function keys(two) {
  const hint = (names, does) => {
    const pressed = names.map((textContent) => element("kbd", { textContent }));
    return element("span", {}, ...pressed.flatMap((key) => [key, " "]), does);
  };
  const ways = two
    ? [hint(["space"], "listen"), hint(["←", "→"], "choose"), hint(["↓"], WORDS[study.kind].neither.toLowerCase())]
    : [hint(["1", "…", "5"], "answer")];
  return [...ways, hint(["⌫"], "back")];
}

function unlock() {
  for (const button of document.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-disabled", String(!player.heard));
  }
}

function mark() {
  const { choice } = study.trials[at];
  for (const button of document.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.choice === choice));
  }
  byId("forward").disabled = !choice;
}

function fetchAhead(trial) {
  for (const address of trial?.pictures ?? []) new Image().src = address;
  if (trial?.sound) fetch(trial.sound).catch(() => {});
}

async function choose(choice) {
  if (saving || !player.heard) return;
  saving = true;
  const trial = study.trials[at];
  const before = trial.choice;
  trial.choice = choice;
  mark();
  try {
    const answer = { choice, seconds: Math.round(performance.now() - since) / 1000 };
    const unsaved = () => status("Not saved yet. Trying again …");
    await Promise.all([
      insist(`/api/r/${token}/trials/${at}`, "PUT", answer, unsaved),
      new Promise((done) => setTimeout(done, SEEN)),
    ]);
    status("");
    forward();
  } catch (error) {
    trial.choice = before;
    mark();
    status(error.message);
  } finally {
    saving = false;
  }
}

/** To the next question; after the last one to the first without an answer, or to the thanks. */
function forward() {
  if (at + 1 < study.trials.length) showTrial(at + 1);
  else goOn();
}

function goOn() {
  const open = study.trials.findIndex((trial) => !trial.choice);
  if (open >= 0) showTrial(open);
  else show("done");
}

function status(text) {
  byId("status").textContent = text;
}

async function begin() {
  byId("begin").disabled = true;
  try {
    if (!token) {
      ({ token } = await ask("/api/raters", "POST"));
      history.replaceState(null, "", `/r/${token}`);
      study = await ask(`/api/r/${token}`);
    }
    status("");
    goOn();
  } catch (error) {
    status(error instanceof Refused ? error.message : "The study cannot be reached. Please try again.");
  } finally {
    byId("begin").disabled = false;
  }
}

function press(event) {
  if (byId("trial").hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const onButton = event.target instanceof HTMLButtonElement;
  const choice = KEYS[event.key] ?? event.key;
  if (event.key === " " && !onButton) player.toggle();
  else if (event.key === "Enter" && !onButton && !byId("forward").disabled) leave(forward);
  else if (event.key === "Backspace") leave(back);
  else if (document.querySelector(`[data-choice="${CSS.escape(choice)}"]`)) choose(choice);
  else return;
  event.preventDefault();
}

function back() {
  if (at > 0) showTrial(at - 1);
}

/** Leave a question, but never one whose answer is still on its way. */
function leave(where) {
  if (!saving) where();
}

async function welcome() {
  try {
    study = await ask(token ? `/api/r/${token}` : "/api/study");
  } catch (error) {
    byId("reason").textContent =
      error instanceof Refused ? error.message : "The study cannot be reached. Please reload this page in a while.";
    return show("lost");
  }
  const { task, seconds } = WORDS[study.kind];
  document.title = study.title;
  byId("title").textContent = study.title;
  byId("task").textContent = task;
  const answered = study.trials?.filter((trial) => trial.choice).length ?? 0;
  if (answered === study.count) return show("done");
  const minutes = Math.max(1, Math.round(((study.count - answered) * seconds) / 60));
  const time = `about ${minutes} minute${minutes === 1 ? "" : "s"}`;
  byId("length").textContent = answered
    ? `You have answered ${answered} of ${study.count} questions; the rest takes ${time}.`
    : `There are ${study.count} questions; they take ${time}.`;
  byId("welcome").querySelector("h1").textContent = answered ? "Welcome back" : "Welcome";
  byId("begin").textContent = answered ? "Go on" : "Begin";
  if (!token && !study.open) {
    byId("reason").textContent = "This study is by invitation. Please open the link that you were sent.";
    return show("lost");
  }
  show("welcome");
}

byId("begin").onclick = begin;
byId("back").onclick = () => leave(back);
byId("forward").onclick = () => leave(forward);
byId("review").onclick = () => showTrial(study.trials.length - 1);
document.addEventListener("keydown", press);
welcome();
