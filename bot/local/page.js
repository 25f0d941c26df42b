// What the simulator's page doesn't do: follow the conversation, ask for completions at once, and offer the bot's name.
// Edit it for the behaviour of the local Discord in the browser; its look is in page.css.

const NEAR_PX = 120;
const BY_HAND_MS = 700;

const timeline = document.getElementById("channel-timeline");
const list = document.getElementById("channel-message-list");
const composer = document.getElementById("channel-composer");
const input = document.getElementById("channel-composer-input");
const botName = document.querySelector("meta[name=routewise-bot]").content;

// Whoever scrolls up reads what is there, and is left in peace; everyone else sees the latest message.
let follows = true;
let lastByHand = -Infinity;

function follow() {
  if (follows) timeline.scrollTop = timeline.scrollHeight;
}

for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
  timeline.addEventListener(kind, () => { lastByHand = performance.now(); }, { passive: true });
}
timeline.addEventListener("scroll", () => {
  if (performance.now() - lastByHand < BY_HAND_MS) {
    follows = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < NEAR_PX;
  } else follow();
}, { passive: true });

function showLatest() {
  follows = true;
  lastByHand = -Infinity;
  follow();
  if (!document.getElementById("history-newer").hidden) document.getElementById("new-messages").click();
}

composer.addEventListener("submit", showLatest, { capture: true });
document.getElementById("viewer-picker").addEventListener("change", showLatest);
document.getElementById("new-messages").addEventListener("click", () => { follows = true; });
for (const id of ["messages-sidebar", "history-older"]) {
  document.getElementById(id).addEventListener("click", () => { follows = false; });
}
new MutationObserver(follow).observe(list, { childList: true, subtree: true, characterData: true });
const resized = new ResizeObserver(follow);
resized.observe(list);
resized.observe(timeline);

// The simulator asks for completions once something is typed; Discord asks as soon as the option is chosen.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches?.(".command-option-input[aria-autocomplete=list]") && target.value === "" && !target.readOnly) {
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

const offer = document.createElement("button");
offer.type = "button";
offer.className = "mention-offer";
offer.hidden = true;
offer.append(`@${botName}`, Object.assign(document.createElement("small"), { textContent: "Tab ⇥" }));
composer.prepend(offer);

function typedMention() {
  const typed = /(?:^|\s)@(\w*)$/.exec(input.value.slice(0, input.selectionStart))?.[1];
  const isBegun = typed !== undefined && botName.toLowerCase().startsWith(typed.toLowerCase());
  return isBegun && typed.length < botName.length ? typed : undefined;
}

function complete() {
  const typed = typedMention();
  if (typed !== undefined) {
    input.setRangeText(`${botName} `, input.selectionStart - typed.length, input.selectionStart, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  input.focus();
}

input.addEventListener("input", () => { offer.hidden = typedMention() === undefined; });
input.addEventListener("keydown", (event) => {
  if (event.key !== "Tab" || event.shiftKey || offer.hidden) return;
  event.preventDefault();
  complete();
}, { capture: true });
offer.addEventListener("click", complete);
composer.addEventListener("submit", () => { offer.hidden = true; });
