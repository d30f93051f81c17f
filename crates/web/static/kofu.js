// What pages do beyond plain HTML. Every page works without it; nothing here decides anything.
"use strict";
