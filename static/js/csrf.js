// Signing in again in another tab changes the token; the cookie always has the valid one.
export function csrfToken() {
  const match = document.cookie.match(/(?:^|;\s*)(?:__Secure-|__Host-)?csrftoken=([^;]+)/);
  return match ? match[1] : (document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "");
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = csrfToken();
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("input[name=csrfmiddlewaretoken]");
  const token = csrfToken();
  if (field && token) field.value = token;
});
