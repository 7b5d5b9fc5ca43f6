// Uploads: input[type=file][data-upload-url][data-upload-list="id"] sends each file at once and shows its progress.
// The answer is the chip with the hidden input that names the stored file. Files may also be dropped on or pasted into
// the form. data-max-mb refuses larger ones before they travel.
import { csrfToken } from "./csrf.js";
import { onAdded } from "./elements.js";
import { icon } from "./icons.js";
import { phrase } from "./phrases.js";
import { showToast } from "./toasts.js";

const MB = 1024 * 1024;

function chip(file) {
  const element = document.createElement("span");
  element.className = "file";
  element.dataset.state = "uploading";
  const name = document.createElement("bdi");
  name.className = "file__name";
  name.textContent = file.name;
  const bar = document.createElement("progress");
  bar.className = "progress";
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", phrase("uploading", file.name));
  element.append(icon("file"), name, bar);
  return element;
}

function send(input, file) {
  const limit = Number(input.dataset.maxMb ?? 0);
  if (limit && file.size > limit * MB) {
    showToast({ text: phrase("too_large", file.name, limit), tone: "bad" });
    return;
  }
  const element = chip(file);
  document.getElementById(input.dataset.uploadList).append(element);
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append(input.name || "file", file);
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) element.querySelector("progress").value = (event.loaded / event.total) * 100;
  });
  const failed = () => {
    element.remove();
    const action = { label: phrase("try_again"), run: () => send(input, file) };
    showToast({ text: phrase("upload_failed", file.name), tone: "bad", action });
  };
  const refused = (sentence) => {
    element.remove();
    showToast({ text: sentence, tone: "bad" });
  };
  request.addEventListener("error", failed);
  request.addEventListener("load", () => {
    if (request.status === 401) document.dispatchEvent(new CustomEvent("signin"));
    if (request.status === 422 || request.status === 413) return refused(request.responseText);
    if (request.status >= 400) return failed();
    const parsed = new DOMParser().parseFromString(request.responseText, "text/html");
    element.replaceWith(...parsed.body.children);
    input.form?.dispatchEvent(new Event("change", { bubbles: true }));
    return undefined;
  });
  request.open("POST", input.dataset.uploadUrl);
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.setRequestHeader("HX-Request", "true");
  request.send(body);
}

onAdded("input[type=file][data-upload-url]", (input) => {
  const form = input.form ?? input;
  const take = (event, files) => {
    if (!files?.length) return;
    event.preventDefault();
    for (const file of files) send(input, file);
  };
  input.addEventListener("change", (event) => {
    take(event, [...input.files]);
    input.value = ""; // the same file may be chosen again; the form sends only what is stored
  });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => take(event, event.dataTransfer.files));
  form.addEventListener("paste", (event) => take(event, event.clipboardData.files));
});
