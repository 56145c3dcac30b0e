// What a run over hosts tells whoever watches: data, from which a display makes text.
import type { Outcome } from './outcome.ts';
import type { UpgradeOutcome } from './upgrade.ts';

export type DeployEvent =
  | { readonly kind: 'connecting'; readonly host: string; readonly target: string }
  | { readonly kind: 'copying'; readonly host: string; readonly objects: number; readonly bytes: number }
  | {
      readonly kind: 'building';
      readonly host: string;
      /** Name and version. */
      readonly recipe: string;
      /** The machine that builds it, where that is not the host. */
      readonly on?: string;
      /** `fetch`, `send`, a phase of the recipe, `done`. */
      readonly phase: string;
      /** What the build said last. */
      readonly line: string;
      /** Since the build began. */
      readonly seconds: number;
    }
  | { readonly kind: 'preparing'; readonly host: string; readonly bundle: string }
  | { readonly kind: 'waiting'; readonly host: string; readonly for: string }
  | { readonly kind: 'activating'; readonly host: string; readonly bundle: string }
  | { readonly kind: 'checking'; readonly host: string }
  | { readonly kind: 'confirming'; readonly host: string }
  | { readonly kind: 'taking-back'; readonly host: string }
  | { readonly kind: 'output'; readonly host: string; readonly line: string }
  | { readonly kind: 'ended'; readonly host: string; readonly outcome: Outcome | UpgradeOutcome };

export type Watch = (event: DeployEvent) => void;
