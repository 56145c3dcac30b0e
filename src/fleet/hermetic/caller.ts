// Who asks for something that configuration must not see.
import { join, sep } from 'node:path';
import { framesOf, type Place } from '../../options/index.ts';
import { packageFiles } from './imports.ts';
import { repositoryOf, steadFolder } from './repositories.ts';

export interface Caller {
  /** The configuration's own line that led here; undefined where the engine runs a function it was given. */
  readonly place: Place | undefined;
  readonly isPackage: boolean;
}

const FRAMES = 50;
/** What Node itself puts below the callbacks of promises. */
const promiseJobs = 'node:internal/process/task_queues';
const hermeticFolder = join(steadFolder, 'src', 'fleet', 'hermetic') + sep;
const optionsFolder = join(steadFolder, 'src', 'options') + sep;
const zodFolder = `${sep}node_modules${sep}zod${sep}`;

/**
 * The configuration that the running code belongs to, by the nearest frame that has a file; undefined
 * where that is anything else: Node, stead's other code, a test runner.
 * @param called whether a function was called, which the engine and zod do for configuration when a
 *   value or a default is given as that very function; reading a global they do for themselves
 */
export function configurationCaller(called: boolean): Caller | undefined {
  const frames = placedFrames();
  const [nearest] = frames;
  // Only a callback that configuration handed to a promise runs with nothing below it.
  if (nearest === undefined) return called ? { place: undefined, isPackage: false } : undefined;
  if (nearest === 'node') return undefined;
  const { file } = nearest;
  const isEngine = called && (file.startsWith(optionsFolder) || file.includes(zodFolder));
  const isPackage = packageFiles.has(file);
  if (!isEngine && !isPackage && repositoryOf(file) === undefined) return undefined;
  const own = frames.find((frame) => frame !== 'node' && repositoryOf(frame.file) !== undefined);
  return { place: own as Place | undefined, isPackage };
}

/** Where the code below the guards stands, innermost first; frames of code made from text are left out. */
function placedFrames(): (Place | 'node')[] {
  const frames: (Place | 'node')[] = [];
  for (const text of stackText().split('\n')) {
    const [place] = framesOf(text);
    if (place !== undefined) {
      if (!place.file.startsWith(hermeticFolder)) frames.push(place);
    } else if (text.includes('node:') && !text.includes(promiseJobs)) {
      frames.push('node');
    }
  }
  return frames;
}

function stackText(): string {
  const holder: { stack?: unknown } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(holder, configurationCaller);
  Error.stackTraceLimit = limit;
  return String(holder.stack);
}
