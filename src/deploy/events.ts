// What a run over hosts tells whoever watches: data, from which a display makes text.

export type DeployEvent =
  | { readonly kind: 'connecting'; readonly host: string; readonly target: string }
  | { readonly kind: 'copying'; readonly host: string; readonly objects: number; readonly bytes: number }
  | { readonly kind: 'activating'; readonly host: string; readonly bundle: string }
  | { readonly kind: 'output'; readonly host: string; readonly line: string };

export type Watch = (event: DeployEvent) => void;
