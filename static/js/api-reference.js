// The OpenAPI document as a page: Swagger UI, from our own static files, in the colours of the page around it.

const place = document.querySelector("[data-api-document]");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

const followTheme = () => {
  const theme = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", theme ? theme === "dark" : prefersDark.matches);
};

if (place) {
  followTheme();
  prefersDark.addEventListener("change", followTheme);
  new MutationObserver(followTheme).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  window.SwaggerUIBundle({
    url: place.dataset.apiDocument,
    domNode: place,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    validatorUrl: null,
  });
}
