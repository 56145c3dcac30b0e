// Which models are offered on demand, and what is said for each.
import type { HostView, z } from 'stead';
import { models } from '../models/index.ts';
import type { llamaOnDemand } from './options.ts';

export type OnDemand = z.output<typeof llamaOnDemand.schema>;
type OnDemandModel = OnDemand['models'][string];

const NOTHING: OnDemandModel = {
  flags: {},
  extraFlags: [],
  aliases: [],
  loadOnStartup: false,
  stopSeconds: 10,
};

/** The names of the models that are offered. */
export function offered(self: OnDemand, host: HostView): readonly string[] {
  return self.offer.length > 0 ? self.offer : Object.keys(host.get(models).catalogue);
}

/** What is said for a model. */
export function modelOf(self: OnDemand, name: string): OnDemandModel {
  return self.models[name] ?? NOTHING;
}
