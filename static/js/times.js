// Keeps deadlines true while a page stays open: <time data-due datetime> counts the minutes, as helpdesk/web/moments.py
// does when it renders them.
import { phrase } from "./phrases.js";

const EVERY_MS = 30000;
const SOON_MIN = 60;
const DAY_MIN = 24 * 60;

function duration(minutes) {
  const whole = Math.max(1, Math.floor(minutes));
  if (whole < SOON_MIN) return phrase("minutes", whole);
  if (whole < 2 * SOON_MIN) return phrase("hours_minutes", 1, String(whole - SOON_MIN).padStart(2, "0"));
  return phrase("hours", Math.floor(whole / SOON_MIN));
}

function refresh() {
  for (const element of document.querySelectorAll("time[data-due]")) {
    const left = (new Date(element.dateTime) - Date.now()) / 60000;
    if (left < -DAY_MIN) continue; // said in days by the server
    const words = left < 0 ? phrase("over", duration(-left)) : phrase("in", duration(left));
    const place = element.querySelector("span") ?? element;
    if (place.textContent !== words) place.textContent = words;
    if (left < SOON_MIN) element.dataset.tone = left < 0 ? "bad" : "warn";
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
