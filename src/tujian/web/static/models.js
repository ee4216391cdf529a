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
