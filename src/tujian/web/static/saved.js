// Saving and renaming a search: what is refused is said beside the form, and what was typed stays.
import { reach, Refused } from "./api.js";
import { make } from "./dom.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches(".saved form")) return;
  event.preventDefault();
  form.querySelector(".form-error")?.remove();
  const body = new FormData(form, event.submitter);
  try {
    location.assign((await reach(form.getAttribute("action"), { method: "POST", body })).url);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    form.append(make("p", { class: "form-error", role: "alert", text: `${error.message} ${error.remedy}` }));
    form.elements.name.select();
  }
});
