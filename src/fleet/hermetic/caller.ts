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
  const frames = stackFrames().filter(({ file }) => !file.startsWith(hermeticFolder));
  const [nearest] = frames;
  if (nearest !== undefined) {
    const { file } = nearest;
    const isEngine = called && (file.startsWith(optionsFolder) || file.includes(zodFolder));
    const isPackage = packageFiles.has(file);
    if (!isEngine && !isPackage && repositoryOf(file) === undefined) return undefined;
    return { place: frames.find((frame) => repositoryOf(frame.file) !== undefined), isPackage };
  }
  // Only a callback that configuration handed to a promise runs with nothing below it.
  return called ? { place: undefined, isPackage: false } : undefined;
}

function stackFrames(): Place[] {
  const holder: { stack?: unknown } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(holder, stackFrames);
  Error.stackTraceLimit = limit;
  return framesOf(String(holder.stack));
}
