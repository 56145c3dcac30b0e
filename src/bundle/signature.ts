// What a bundle's signature is taken over: see "Signatures" in FORMAT.md.

/** The namespace of ssh-keygen(1) `-Y sign`: a signature made for anything else vouches for no bundle. */
export const signatureNamespace = 'stead-bundle@1';

/** The text that is signed. The hash stands for all that a host would notice, its name included. */
export function signedText({ host, hash }: { readonly host: string; readonly hash: string }): string {
  return `stead bundle 1\nhost ${host}\nhash ${hash}\n`;
}
