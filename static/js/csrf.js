// Signing in again in another tab changes the token; the cookie always has the valid one.
export function csrfToken() {
  const match = document.cookie.match(/(?:^|;\s*)(?:__Secure-|__Host-)?csrftoken=([^;]+)/);
  return match ? match[1] : (document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "");
}

// htmx has read the form's field by then, and Django believes the field before the header.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = csrfToken();
  if (!token) return;
  detail.headers["X-CSRFToken"] = token;
  if (detail.formData.has("csrfmiddlewaretoken")) detail.formData.set("csrfmiddlewaretoken", token);
});

document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("input[name=csrfmiddlewaretoken]");
  const token = csrfToken();
  if (field && token) field.value = token;
});
