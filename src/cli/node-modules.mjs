// Node's own modules that every verb uses, loaded before startup.mjs changes flags of V8: they come compiled for those that
// Node starts with, and compiling them again would take a fifth of the time of a switch that changes nothing.
import 'node:child_process';
import 'node:crypto';
import 'node:fs';
import 'node:process';
