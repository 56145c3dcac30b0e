// Models on demand by llama-server itself: a file of presets, a section for each model.
import { assert, ini, type Contribution, type HostView } from 'stead';
import { presetSettings } from '../llama/arguments.ts';
import { modelPath } from '../models/index.ts';
import { modelOf, offered, type OnDemand } from './models.ts';
import { llamaOnDemand } from './options.ts';

/** The file of presets. A model that never idles out has -1, which is how llama-server says so. */
export function presets(self: OnDemand, host: HostView): string {
  const sections = offered(self, host).map((name) => {
    const { aliases, loadOnStartup, stopSeconds, idleSeconds, ...given } = modelOf(self, name);
    return [
      name,
      {
        model: modelPath(host, name),
        ...(aliases.length === 0 ? {} : { alias: aliases.join(',') }),
        ...(loadOnStartup ? { 'load-on-startup': true } : {}),
        'stop-timeout': stopSeconds,
        ...(idleSeconds === undefined ? {} : { 'sleep-idle-seconds': idleSeconds || -1 }),
        ...presetSettings(given),
      },
    ] as const;
  });
  return ini({
    '': { version: 1 },
    '*': { 'sleep-idle-seconds': self.idleSeconds || -1, ...presetSettings(self) },
    ...Object.fromEntries(sections),
  });
}

/** The router's own words. */
export function routerWords(self: OnDemand, file: string): string[] {
  return ['--models-preset', file, '--models-max', String(self.maxModels)];
}

/** What a command line can hold and a file of presets cannot. */
export function* presetProblems(self: OnDemand, host: HostView): Generator<Contribution> {
  for (const [name, given] of [
    [undefined, self] as const,
    ...offered(self, host).map((name) => [name, modelOf(self, name)] as const),
  ]) {
    const found = Object.entries(presetSettings(given)).find(
      ([key, value]) => /[;#]/.test(value) || key === 'control-vector-layer-range',
    );
    const place = name === undefined ? [] : ['models', name];
    yield assert(
      found === undefined,
      {
        message: `--${found?.[0]} cannot be said for a model on demand: ${found !== undefined && /[;#]/.test(found[1]) ? 'a comment would begin at the ; or # in its value' : 'a preset takes one value for a flag'}`,
        hint: 'Leave it out there; a model that needs it can have a server of its own, with `llama`.',
      },
      [llamaOnDemand, ...place],
    );
  }
}
