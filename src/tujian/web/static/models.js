// The page of models works without this; here commands get a button that copies them, and a long test says so.
import { announce, make, say } from "./dom.js";

const again = document.getElementById("again");
again?.addEventListener("submit", () => {
  again.querySelector("button").disabled = true;
  document.getElementById("testing").textContent = say("models_testing");
});
addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // "back" shows the state of now

async function copy(button, command) {
  await navigator.clipboard.writeText(command);
  button.textContent = say("copied");
  announce(`${say("copied")} ${command}`);
  setTimeout(() => (button.textContent = say("copy")), 2000);
}

if (navigator.clipboard) { // browsers keep it from addresses that are neither https nor this machine
  for (const code of document.querySelectorAll("code.command")) {
    const command = code.textContent;
    const onclick = ({ currentTarget }) => copy(currentTarget, command);
    const label = `${say("copy")} ${command}`;
    code.after(make("button", { type: "button", class: "quiet copy", text: say("copy"), "aria-label": label, onclick }));
  }
}

/* a pull goes on by itself; here it is looked at */

const LOOK_MS = 1000;

async function follow() {
  const here = document.getElementById("pull");
  if (here?.dataset.going !== "true") return;
  const reply = await fetch("/models/pull").catch(() => null); // the server may be restarting: asked again
  const page = reply?.ok ? new DOMParser().parseFromString(await reply.text(), "text/html") : null;
  const fresh = page?.getElementById("pull");
  if (fresh?.dataset.going === "false") return location.reload(); // what is here has changed
  if (fresh && !here.contains(document.activeElement)) here.replaceWith(document.adoptNode(fresh));
  else if (fresh) for (const part of ["progress", "p"]) here.querySelector(part).replaceWith(fresh.querySelector(part));
  setTimeout(follow, LOOK_MS);
}

follow();
