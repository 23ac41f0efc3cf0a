// What pages gain with scripts: keys, live changes and decisions without a new
// page. Everything here works on the forms and links that are there anyway.
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startDesk } from "./desk.js";
import { startIncident } from "./incident.js";
import { startEditor } from "./editor.js";
import { startClock } from "./clock.js";
import { startLease } from "./lease.js";
import { startNotify } from "./notify.js";

document.documentElement.classList.add("js");
startClock();
startKeys();
const desk = startDesk();
startEditor();
startLive(desk);
startIncident(desk);
startLease();
startNotify();
