// Where a definition was made. Capturing is cheap; the text of the stack is read only for a message.
import { fileURLToPath } from 'node:url';
import type { Place } from './error.ts';

/** Calls on the way to a definition: a profile may be a function of a function. */
const CALLS = 6;
let reach = CALLS;

/** Runs code whose places nobody reaches through a profile: of each, one call is remembered, which is cheaper. */
export function withinReach<T>(code: () => T): T {
  const before = reach;
  reach = 1;
  try {
    return code();
  } finally {
    reach = before;
  }
}

/** Remembers the call that led here; `place()` works out file, line and column when asked. */
export class Site {
  /** Written by `Error.captureStackTrace`; V8 formats it on first read. */
  declare readonly stack: string;
  #place: Place | undefined;

  /** @param below the function whose caller is meant */
  constructor(below: (...args: never[]) => unknown) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = reach;
    Error.captureStackTrace(this, below);
    Error.stackTraceLimit = limit;
  }

  place(): Place {
    return (this.#place ??= framesOf(this.stack)[0] ?? { file: '<unknown>', line: 1, column: 1 });
  }

  /** The calls around it, from the innermost; none where only one was remembered. */
  calls(): readonly Place[] {
    const [, ...outer] = framesOf(this.stack);
    const end = outer.findIndex((place) => !isUsers(place));
    return end === -1 ? outer : outer.slice(0, end);
  }
}

/** Whether a place is in neither the engine, Node nor a package. */
function isUsers({ file }: Place): boolean {
  return !file.startsWith(ownFolder) && !file.includes('/node_modules/');
}

/** The engine's own folder: its frames are never the user's place. */
const ownFolder = fileURLToPath(new URL('../', import.meta.url));

/** The frames of a stack text that have a file, innermost first. */
export function framesOf(stack: string): Place[] {
  const frames: Place[] = [];
  for (const text of stack.split('\n')) {
    if (text.includes('eval at ')) continue;
    const match = /(?:^|\s|\()((?:file:\/\/)?\/.*):(\d+):(\d+)\)?$/.exec(text);
    if (match === null) continue;
    const [, file, line, column] = match as unknown as [string, string, string, string];
    frames.push({ file: filePath(file), line: Number(line), column: Number(column) });
  }
  return frames;
}

/** The innermost frame that belongs to neither the engine, Node nor a package: the user's code. */
export function userPlace(stack: string | undefined): Place | undefined {
  return framesOf(stack ?? '').find(isUsers);
}

/** Where configuration calls the function that is running; undefined where stead's own code does. */
export function callOf(called: (...args: never[]) => unknown): Place | undefined {
  const place = new Site(called).place();
  return place.file.startsWith('/') && !place.file.startsWith(ownFolder) ? place : undefined;
}

/** The user's line that led to this call, through however much of the engine. */
export function readerPlace(): Place | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const { stack } = new Error();
  Error.stackTraceLimit = limit;
  return userPlace(stack);
}

/**
 * Where the user's code reads on in each call of a method of the engine that is running, outermost first.
 * @param method as a stack names it
 */
export function readersWithin(method: string): readonly (Place | undefined)[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  // Each call with what it called before it, down to the innermost.
  const inner = stack.split(new RegExp(`^ *at ${method.replace('.', '\\.')} .*$`, 'm'));
  return inner.slice(0, -1).map(userPlace).reverse();
}

function filePath(text: string): string {
  return text.startsWith('file://') ? fileURLToPath(text) : text;
}
