// Names for what a package is for: change one here, and every host that wants it changes.
import type { Overlay } from 'stead';

const overlay: Overlay = () => ({ 'http-client': { kind: 'debian', name: 'curl' } });

export default overlay;
