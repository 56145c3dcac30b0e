// llama.cpp as Debian unstable has it: not compiled, but made to run on any release, with the libraries it came with.
import type { Derivation } from 'stead';

/** The suite that has it. */
const SUITE = 'sid';

export const packaged: Derivation = {
  name: 'llama-cpp-packaged',
  version: SUITE,
  tools: ['patchelf'],
  beside: { [SUITE]: ['llama.cpp-tools', 'libggml0-backend-vulkan'] },
  phases: {
    install: `\
from=/suites/${SUITE}/usr
libraries=$(dirname "$(find "$from/lib" -name 'libllama.so.0')")
loader=$(find "$from/lib" "$from/lib64" -name 'ld-linux-*.so.*' | sort | head -n 1)
mkdir -p "$out/bin" "$out/lib"
cp "$from/bin/llama-server" "$from/bin/llama-cli" "$from/bin/llama-bench" "$out/bin/"
# Backends are looked for beside the program.
cp "$libraries"/ggml/backends0/*.so "$out/bin/"
cp -P "$libraries"/lib*.so* "$out/lib/"
cp "$libraries"/llama/*.so "$out/lib/"
cp -L "$loader" "$out/lib/"
chmod -R u+w "$out"
# The program starts through the loader that it was made for, and finds the libraries that it came with before the host's.
for program in "$out"/bin/llama-*; do
  patchelf --set-interpreter "$out/lib/\${loader##*/}" --force-rpath --set-rpath '$ORIGIN/../lib' "$program"
done
for library in "$out"/bin/*.so "$out"/lib/*llama*.so* "$out"/lib/libmtmd.so* "$out"/lib/libggml*.so*; do
  [ -L "$library" ] || patchelf --force-rpath --set-rpath '$ORIGIN/../lib' "$library"
done
"$out/bin/llama-server" --version
`,
  },
  resources: { timeLimit: '10min' },
};
