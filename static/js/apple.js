// Keys are written for most keyboards; on Apple's the sign stands there.
import { onAdded } from "./elements.js";

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

onAdded("kbd[data-mod]", (key) => { if (isApple) key.textContent = "⌘"; });
