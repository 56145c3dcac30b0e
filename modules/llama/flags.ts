// The flags of llama-server 0.7.0, as its --help lists them.
// Made by `UPDATE_FLAGS=1 npx vitest run test/lab/llama.test.ts`, which reads them from the program.
import { choice, number, onOff, pair, present, text } from './flag.ts';

export const RELEASE = '0.7.0';

export const serverFlags = {
  threads: number(
    ['-t', '--threads'],
    'Number of CPU threads to use during generation (default: <num_cpus>)',
  ),
  'threads-batch': number(
    ['-tb', '--threads-batch'],
    'Number of threads to use during batch and prompt processing (default: same as --threads)',
  ),
  'cpu-mask': text(
    ['-C', '--cpu-mask'],
    'CPU affinity mask: arbitrarily long hex. Complements cpu-range (default: "")',
  ),
  'cpu-range': text(['-Cr', '--cpu-range'], 'Range of CPUs for affinity. Complements --cpu-mask'),
  'cpu-strict': number(['--cpu-strict'], 'Use strict CPU placement (default: 0)'),
  prio: number(
    ['--prio'],
    'Set process/thread priority : low(-1), normal(0), medium(1), high(2), realtime(3) (default: 0)',
  ),
  poll: number(['--poll'], 'Use polling level to wait for work (0 - no polling, default: 50)'),
  'cpu-mask-batch': text(
    ['-Cb', '--cpu-mask-batch'],
    'CPU affinity mask: arbitrarily long hex. Complements cpu-range-batch (default: same as --cpu-mask)',
  ),
  'cpu-range-batch': text(
    ['-Crb', '--cpu-range-batch'],
    'Ranges of CPUs for affinity. Complements --cpu-mask-batch',
  ),
  'cpu-strict-batch': number(
    ['--cpu-strict-batch'],
    'Use strict CPU placement (default: same as --cpu-strict)',
  ),
  'prio-batch': number(
    ['--prio-batch'],
    'Set process/thread priority : 0-normal, 1-medium, 2-high, 3-realtime (default: 0)',
  ),
  'poll-batch': number(['--poll-batch'], 'Use polling to wait for work (default: same as --poll)'),
  'ctx-size': number(['-c', '--ctx-size'], 'Size of the prompt context (default: 0, 0 = loaded from model)'),
  predict: number(
    ['-n', '--predict', '--n-predict'],
    'Number of tokens to predict (default: -1, -1 = infinity)',
  ),
  'batch-size': number(['-b', '--batch-size'], 'Logical maximum batch size (default: 2048)'),
  'ubatch-size': number(['-ub', '--ubatch-size'], 'Physical maximum batch size (default: 512)'),
  keep: number(['--keep'], 'Number of tokens to keep from the initial prompt (default: 0, -1 = all)'),
  'swa-full': present(['--swa-full'], 'Use full-size SWA cache (default: false)'),
  'flash-attn': choice(
    ['-fa', '--flash-attn'],
    ['on', 'off', 'auto'],
    "Set Flash Attention use ('on', 'off', or 'auto', default: 'auto')",
  ),
  perf: onOff(
    ['--perf'],
    ['--no-perf'],
    'Whether to enable internal libllama performance timings (default: false)',
  ),
  escape: onOff(
    ['-e', '--escape'],
    ['--no-escape'],
    'Whether to process escapes sequences (\\n, \\r, \\t, \\\', \\", \\\\) (default: true)',
  ),
  'rope-scaling': choice(
    ['--rope-scaling'],
    ['none', 'linear', 'yarn'],
    'RoPE frequency scaling method, defaults to linear unless specified by the model',
  ),
  'rope-scale': number(['--rope-scale'], 'RoPE context scaling factor, expands context by a factor of N'),
  'rope-freq-base': number(
    ['--rope-freq-base'],
    'RoPE base frequency, used by NTK-aware scaling (default: loaded from model)',
  ),
  'rope-freq-scale': number(
    ['--rope-freq-scale'],
    'RoPE frequency scaling factor, expands context by a factor of 1/N',
  ),
  'yarn-orig-ctx': number(
    ['--yarn-orig-ctx'],
    'YaRN: original context size of model (default: 0 = model training context size)',
  ),
  'yarn-ext-factor': number(
    ['--yarn-ext-factor'],
    'YaRN: extrapolation mix factor (default: -1.00, 0.0 = full interpolation)',
  ),
  'yarn-attn-factor': number(
    ['--yarn-attn-factor'],
    'YaRN: scale sqrt(t) or attention magnitude (default: -1.00)',
  ),
  'yarn-beta-slow': number(['--yarn-beta-slow'], 'YaRN: high correction dim or alpha (default: -1.00)'),
  'yarn-beta-fast': number(['--yarn-beta-fast'], 'YaRN: low correction dim or beta (default: -1.00)'),
  'kv-offload': onOff(
    ['-kvo', '--kv-offload'],
    ['-nkvo', '--no-kv-offload'],
    'Whether to enable KV cache offloading (default: enabled)',
  ),
  repack: onOff(
    ['--repack'],
    ['-nr', '--no-repack'],
    'Whether to enable weight repacking (default: enabled)',
  ),
  'no-host': present(['--no-host'], 'Bypass host buffer allowing extra buffers to be used'),
  'cache-type-k': choice(
    ['-ctk', '--cache-type-k'],
    ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1'],
    'KV cache data type for K',
  ),
  'cache-type-v': choice(
    ['-ctv', '--cache-type-v'],
    ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1'],
    'KV cache data type for V',
  ),
  'defrag-thold': number(['-dt', '--defrag-thold'], 'KV cache defragmentation threshold (DEPRECATED)'),
  rpc: text(['--rpc'], 'Comma-separated list of RPC servers (host:port)'),
  'load-mode': choice(
    ['-lm', '--load-mode'],
    ['auto', 'none', 'mmap', 'mlock', 'mmap+mlock', 'dio'],
    'Model loading mode (default: auto)',
  ),
  'lazy-mode': choice(
    ['-lzm', '--lazy-mode'],
    ['on', 'auto', 'off'],
    'On-demand reading of certain tensors, for example per-layer embeddings (default: auto)',
  ),
  numa: choice(
    ['--numa'],
    ['distribute', 'isolate', 'numactl'],
    'Attempt optimizations that help on some NUMA systems',
  ),
  device: text(
    ['-dev', '--device'],
    "Comma-separated list of devices to use for offloading (none = don't offload) use --list-devices to see a list of available devices",
  ),
  'override-tensor': text(['-ot', '--override-tensor'], 'Override tensor buffer type'),
  'cpu-moe': present(['-cmoe', '--cpu-moe'], 'Keep all Mixture of Experts (MoE) weights in the CPU'),
  'n-cpu-moe': number(
    ['-ncmoe', '--n-cpu-moe'],
    'Keep the Mixture of Experts (MoE) weights of the first N layers in the CPU',
  ),
  'moe-cache-mib': number(
    ['--moe-cache-mib'],
    'GPU cache size in MiB for the MoE experts kept in the CPU. with multiple GPUs, it is split among them like the layers (--tensor-split) (default: 0, disabled)',
  ),
  'n-cpu-ffn': number(
    ['-ncffn', '--n-cpu-ffn'],
    'Keep the dense FFN weights of the first N layers in the CPU (dense models; for MoE expert weights use --n-cpu-moe)',
  ),
  'gpu-layers': number(
    ['-ngl', '--gpu-layers', '--n-gpu-layers'],
    ['auto', 'all'],
    "Max. number of layers to store in VRAM, either an exact number, 'auto', or 'all' (default: auto)",
  ),
  'split-mode': choice(
    ['-sm', '--split-mode'],
    ['none', 'layer', 'row', 'tensor'],
    'How to split the model across multiple GPUs, one of:',
  ),
  'tensor-split': text(
    ['-ts', '--tensor-split'],
    'Fraction of the model to offload to each GPU, comma-separated list of proportions, e.g. 3,1',
  ),
  'main-gpu': number(
    ['-mg', '--main-gpu'],
    'The GPU to use for the model (with split-mode = none), or for intermediate results and KV (with split-mode = row) (default: 0)',
  ),
  fit: choice(
    ['-fit', '--fit'],
    ['on', 'off'],
    "Whether to adjust unset arguments to fit in device memory ('on' or 'off', default: 'on')",
  ),
  'fit-target': text(
    ['-fitt', '--fit-target'],
    'Target margin per device for --fit, comma-separated list of values, single value is broadcast across all devices, default: 1024',
  ),
  'fit-ctx': number(
    ['-fitc', '--fit-ctx'],
    'Minimum ctx size that can be set by --fit option, default: 4096',
  ),
  'check-tensors': present(
    ['--check-tensors'],
    'Check model tensor data for invalid values (default: false)',
  ),
  'override-kv': text(
    ['--override-kv'],
    'Advanced option to override model metadata by key. to specify multiple overrides, either use comma-separated values. types: int, float, bool, str.',
  ),
  'op-offload': onOff(
    ['--op-offload'],
    ['--no-op-offload'],
    'Whether to offload host tensor operations to device (default: true)',
  ),
  lora: text(['--lora'], 'Path to LoRA adapter (use comma-separated values to load multiple adapters)'),
  'lora-scaled': text(
    ['--lora-scaled'],
    'Path to LoRA adapter with user defined scaling (format: FNAME:SCALE,...) note: use comma-separated values',
  ),
  'control-vector': text(
    ['--control-vector'],
    'Add a control vector note: use comma-separated values to add multiple control vectors',
  ),
  'control-vector-scaled': text(
    ['--control-vector-scaled'],
    'Add a control vector with user defined scaling SCALE note: use comma-separated values (format: FNAME:SCALE,...)',
  ),
  'control-vector-layer-range': pair(
    ['--control-vector-layer-range'],
    'Layer range to apply the control vector(s) to, start and end inclusive',
  ),
  model: text(['-m', '--model'], 'Model path to load'),
  'model-url': text(['-mu', '--model-url'], 'Model download url (default: unused)'),
  'docker-repo': text(
    ['-dr', '--docker-repo'],
    'Docker Hub model repository. repo is optional, default to ai/. quant is optional, default to :latest.',
  ),
  'hf-repo': text(
    ['-hf', '-hfr', '--hf-repo'],
    "Hugging Face model repository; quant is optional, case-insensitive, default to Q4_K_M, or falls back to the first file in the repo if Q4_K_M doesn't exist. mmproj is …",
  ),
  'hf-file': text(
    ['-hff', '--hf-file'],
    'Hugging Face model file. If specified, it will override the quant in --hf-repo (default: unused)',
  ),
  'hf-token': text(
    ['-hft', '--hf-token'],
    'Hugging Face access token (default: value from HF_TOKEN environment variable)',
  ),
  'log-disable': present(['--log-disable'], 'Log disable'),
  'log-file': text(['--log-file'], 'Log to file'),
  'log-jsonl': onOff(
    ['--log-jsonl'],
    ['--no-log-jsonl'],
    'Log as JSONL (one JSON object per line) to stdout, this also disables colored logging (default: disabled)',
  ),
  'log-colors': choice(
    ['--log-colors'],
    ['on', 'off', 'auto'],
    "Set colored logging ('on', 'off', or 'auto', default: 'auto') 'auto' enables colors when output is to a terminal",
  ),
  verbose: present(
    ['-v', '--verbose', '--log-verbose'],
    'Set verbosity level to infinity (i.e. log all messages, useful for debugging)',
  ),
  offline: present(['--offline'], 'Offline mode: forces use of cache, prevents network access'),
  verbosity: number(
    ['-lv', '--verbosity', '--log-verbosity'],
    'Set the verbosity threshold. Messages with a higher verbosity will be ignored. Values:',
  ),
  'log-prefix': onOff(['--log-prefix'], ['--no-log-prefix'], 'Enable prefix in log messages'),
  'log-timestamps': onOff(['--log-timestamps'], ['--no-log-timestamps'], 'Enable timestamps in log messages'),
  'spec-draft-type-k': choice(
    ['--spec-draft-type-k', '-ctkd', '--cache-type-k-draft'],
    ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1'],
    'KV cache data type for K for the draft model',
  ),
  'spec-draft-type-v': choice(
    ['--spec-draft-type-v', '-ctvd', '--cache-type-v-draft'],
    ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1'],
    'KV cache data type for V for the draft model',
  ),
  samplers: text(
    ['--samplers'],
    "Samplers that will be used for generation in the order, separated by ';' (default: penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature)",
  ),
  seed: number(['-s', '--seed'], 'RNG seed (default: -1, use random seed for -1)'),
  'sampler-seq': text(
    ['--sampler-seq', '--sampling-seq'],
    'Simplified sequence for samplers that will be used (default: edskypmxt)',
  ),
  'ignore-eos': present(
    ['--ignore-eos'],
    'Ignore end of stream token and continue generating (implies --logit-bias EOS-inf)',
  ),
  temp: number(['--temp', '--temperature'], 'Temperature (default: 0.80)'),
  'top-k': number(['--top-k'], 'Top-k sampling (default: 40, 0 = disabled)'),
  'top-p': number(['--top-p'], 'Top-p sampling (default: 0.95, 1.0 = disabled)'),
  'min-p': number(['--min-p'], 'Min-p sampling (default: 0.05, 0.0 = disabled)'),
  'top-nsigma': number(
    ['--top-nsigma', '--top-n-sigma'],
    'Top-n-sigma sampling (default: -1.00, -1.0 = disabled)',
  ),
  'xtc-probability': number(['--xtc-probability'], 'Xtc probability (default: 0.00, 0.0 = disabled)'),
  'xtc-threshold': number(['--xtc-threshold'], 'Xtc threshold (default: 0.10, 1.0 = disabled)'),
  typical: number(
    ['--typical', '--typical-p'],
    'Locally typical sampling, parameter p (default: 1.00, 1.0 = disabled)',
  ),
  'repeat-last-n': number(
    ['--repeat-last-n'],
    'Last n tokens to consider for penalize (default: 64, 0 = disabled)',
  ),
  'repeat-penalty': number(
    ['--repeat-penalty'],
    'Penalize repeat sequence of tokens (default: 1.00, 1.0 = disabled)',
  ),
  'presence-penalty': number(
    ['--presence-penalty'],
    'Repeat alpha presence penalty (default: 0.00, 0.0 = disabled)',
  ),
  'frequency-penalty': number(
    ['--frequency-penalty'],
    'Repeat alpha frequency penalty (default: 0.00, 0.0 = disabled)',
  ),
  'dry-multiplier': number(
    ['--dry-multiplier'],
    'Set DRY sampling multiplier (default: 0.00, 0.0 = disabled)',
  ),
  'dry-base': number(['--dry-base'], 'Set DRY sampling base value (default: 1.75)'),
  'dry-allowed-length': number(['--dry-allowed-length'], 'Set allowed length for DRY sampling (default: 2)'),
  'dry-penalty-last-n': number(
    ['--dry-penalty-last-n'],
    'Set DRY penalty for the last n tokens (default: 64, 0 = disable)',
  ),
  'dry-sequence-breaker': text(
    ['--dry-sequence-breaker'],
    "Add sequence breaker for DRY sampling, clearing out default breakers ('\\n', ':', '\"', '*') in the process; use \"none\" to not use any sequence breakers",
  ),
  'adaptive-target': number(
    ['--adaptive-target'],
    'Adaptive-p: select tokens near this probability (valid range 0.0 to 1.0; negative = disabled) (default: -1.00)',
  ),
  'adaptive-decay': number(
    ['--adaptive-decay'],
    'Adaptive-p: decay rate for target adaptation over time. lower values are more reactive, higher values are more stable. (valid range 0.0 to 0.99) (default: 0.90)',
  ),
  'dynatemp-range': number(['--dynatemp-range'], 'Dynamic temperature range (default: 0.00, 0.0 = disabled)'),
  'dynatemp-exp': number(['--dynatemp-exp'], 'Dynamic temperature exponent (default: 1.00)'),
  mirostat: number(
    ['--mirostat'],
    'Use Mirostat sampling. Top K, Nucleus and Locally Typical samplers are ignored if used. (default: 0, 0 = disabled, 1 = Mirostat, 2 = Mirostat 2.0)',
  ),
  'mirostat-lr': number(['--mirostat-lr'], 'Mirostat learning rate, parameter eta (default: 0.10)'),
  'mirostat-ent': number(['--mirostat-ent'], 'Mirostat target entropy, parameter tau (default: 5.00)'),
  'logit-bias': text(
    ['-l', '--logit-bias'],
    "Modifies the likelihood of token appearing in the completion, i.e. `--logit-bias 15043+1` to increase likelihood of token ' Hello', or `--logit-bias 15043-1` to decrease …",
  ),
  grammar: text(['--grammar'], 'BNF-like grammar to constrain generations (see samples in grammars/ dir)'),
  'grammar-file': text(['--grammar-file'], 'File to read grammar from'),
  'json-schema': text(
    ['-j', '--json-schema'],
    'JSON schema to constrain generations (https://json-schema.org/), e.g. `{"type": "object"}` for any JSON object',
  ),
  'json-schema-file': text(
    ['-jf', '--json-schema-file'],
    'File containing a JSON schema to constrain generations (https://json-schema.org/), e.g. `{"type": "object"}` for any JSON object',
  ),
  'backend-sampling': present(
    ['-bs', '--backend-sampling'],
    'Enable backend sampling (experimental) (default: disabled)',
  ),
  'spec-draft-hf': text(
    ['--spec-draft-hf', '-hfd', '-hfrd', '--hf-repo-draft'],
    'Same as --hf-repo, but for the draft model (default: unused)',
  ),
  'spec-draft-threads': number(
    ['--spec-draft-threads', '-td', '--threads-draft'],
    'Number of threads to use during generation (default: same as --threads)',
  ),
  'spec-draft-threads-batch': number(
    ['--spec-draft-threads-batch', '-tbd', '--threads-batch-draft'],
    'Number of threads to use during batch and prompt processing (default: same as --threads-draft)',
  ),
  'spec-draft-cpu-mask': text(
    ['--spec-draft-cpu-mask', '-Cd', '--cpu-mask-draft'],
    'Draft model CPU affinity mask. Complements cpu-range-draft (default: same as --cpu-mask)',
  ),
  'spec-draft-cpu-range': text(
    ['--spec-draft-cpu-range', '-Crd', '--cpu-range-draft'],
    'Ranges of CPUs for affinity. Complements --cpu-mask-draft',
  ),
  'spec-draft-cpu-strict': number(
    ['--spec-draft-cpu-strict', '--cpu-strict-draft'],
    'Use strict CPU placement for draft model (default: same as --cpu-strict)',
  ),
  'spec-draft-prio': number(
    ['--spec-draft-prio', '--prio-draft'],
    'Set draft process/thread priority : 0-normal, 1-medium, 2-high, 3-realtime (default: 0)',
  ),
  'spec-draft-poll': number(
    ['--spec-draft-poll', '--poll-draft'],
    'Use polling to wait for draft model work (default: same as --poll)',
  ),
  'spec-draft-cpu-mask-batch': text(
    ['--spec-draft-cpu-mask-batch', '-Cbd', '--cpu-mask-batch-draft'],
    'Draft model CPU affinity mask. Complements cpu-range-draft (default: same as --cpu-mask)',
  ),
  'spec-draft-cpu-strict-batch': number(
    ['--spec-draft-cpu-strict-batch', '--cpu-strict-batch-draft'],
    'Use strict CPU placement for draft model (default: --cpu-strict-draft)',
  ),
  'spec-draft-prio-batch': number(
    ['--spec-draft-prio-batch', '--prio-batch-draft'],
    'Set draft process/thread priority : 0-normal, 1-medium, 2-high, 3-realtime (default: 0)',
  ),
  'spec-draft-poll-batch': number(
    ['--spec-draft-poll-batch', '--poll-batch-draft'],
    'Use polling to wait for draft model work (default: --poll-draft)',
  ),
  'spec-draft-override-tensor': text(
    ['--spec-draft-override-tensor', '-otd', '--override-tensor-draft'],
    'Override tensor buffer type for draft model',
  ),
  'spec-draft-cpu-moe': present(
    ['--spec-draft-cpu-moe', '-cmoed', '--cpu-moe-draft'],
    'Keep all Mixture of Experts (MoE) weights in the CPU for the draft model',
  ),
  'spec-draft-n-cpu-moe': number(
    ['--spec-draft-n-cpu-moe', '--spec-draft-ncmoe', '-ncmoed', '--n-cpu-moe-draft'],
    'Keep the Mixture of Experts (MoE) weights of the first N layers in the CPU for the draft model',
  ),
  'spec-draft-n-max': number(
    ['--spec-draft-n-max'],
    'Number of tokens to draft for speculative decoding (default: 3)',
  ),
  'spec-draft-n-min': number(
    ['--spec-draft-n-min'],
    'Minimum number of draft tokens to use for speculative decoding (default: 0)',
  ),
  'spec-draft-n-ubatch': number(
    ['--spec-draft-n-ubatch'],
    'Physical maximum batch size of the draft context, use a smaller value to spare VRAM (default: 0 - same as --n-ubatch)',
  ),
  'spec-synth-len': number(
    ['--spec-synth-len'],
    'Target mean synthetic acceptance length, including the target token (benchmarking only)',
  ),
  'spec-synth-rates': text(
    ['--spec-synth-rates'],
    'Comma-separated unconditional per-position synthetic acceptance probabilities (benchmarking only)',
  ),
  'spec-draft-p-split': number(
    ['--spec-draft-p-split', '--draft-p-split'],
    'Speculative decoding split probability (default: 0.10)',
  ),
  'spec-draft-p-min': number(
    ['--spec-draft-p-min', '--draft-p-min'],
    'Minimum speculative decoding probability (greedy) (default: 0.00)',
  ),
  'spec-draft-backend-sampling': onOff(
    ['--spec-draft-backend-sampling'],
    ['--no-spec-draft-backend-sampling'],
    'Offload draft sampling to the backend (default: enabled)',
  ),
  'spec-draft-sampling': choice(
    ['--spec-draft-sampling'],
    ['greedy', 'probabilistic'],
    'How the draft is sampled: greedy takes its argmax, probabilistic samples it and has the target verify by rejection sampling (default: greedy)',
  ),
  'spec-draft-device': text(
    ['--spec-draft-device', '-devd', '--device-draft'],
    "Comma-separated list of devices to use for offloading the draft model (none = don't offload, default: follows --device) use --list-devices to see a list of available …",
  ),
  'spec-draft-ngl': number(
    ['--spec-draft-ngl', '-ngld', '--gpu-layers-draft', '--n-gpu-layers-draft'],
    ['auto', 'all'],
    "Max. number of draft model layers to store in VRAM, either an exact number, 'auto', or 'all' (default: auto)",
  ),
  'spec-draft-model': text(
    ['--spec-draft-model', '-md', '--model-draft'],
    'Draft model for speculative decoding (default: unused)',
  ),
  'spec-type': text(
    ['--spec-type'],
    'Comma-separated list of types of speculative decoding to use (default: none)',
  ),
  'spec-ngram-mod-n-min': number(
    ['--spec-ngram-mod-n-min'],
    'Minimum number of ngram tokens to use for ngram-based speculative decoding (default: 48)',
  ),
  'spec-ngram-mod-n-max': number(
    ['--spec-ngram-mod-n-max'],
    'Maximum number of ngram tokens to use for ngram-based speculative decoding (default: 64)',
  ),
  'spec-ngram-mod-n-match': number(['--spec-ngram-mod-n-match'], 'Ngram-mod lookup length (default: 24)'),
  'spec-ngram-simple-size-n': number(
    ['--spec-ngram-simple-size-n'],
    'Ngram size N for ngram-simple speculative decoding, length of lookup n-gram (default: 12)',
  ),
  'spec-ngram-simple-size-m': number(
    ['--spec-ngram-simple-size-m'],
    'Ngram size M for ngram-simple speculative decoding, length of draft m-gram (default: 48)',
  ),
  'spec-ngram-simple-min-hits': number(
    ['--spec-ngram-simple-min-hits'],
    'Minimum hits for ngram-simple speculative decoding (default: 1)',
  ),
  'spec-ngram-map-k-size-n': number(
    ['--spec-ngram-map-k-size-n'],
    'Ngram size N for ngram-map-k speculative decoding, length of lookup n-gram (default: 12)',
  ),
  'spec-ngram-map-k-size-m': number(
    ['--spec-ngram-map-k-size-m'],
    'Ngram size M for ngram-map-k speculative decoding, length of draft m-gram (default: 48)',
  ),
  'spec-ngram-map-k-min-hits': number(
    ['--spec-ngram-map-k-min-hits'],
    'Minimum hits for ngram-map-k speculative decoding (default: 1)',
  ),
  'spec-ngram-map-k4v-size-n': number(
    ['--spec-ngram-map-k4v-size-n'],
    'Ngram size N for ngram-map-k4v speculative decoding, length of lookup n-gram (default: 12)',
  ),
  'spec-ngram-map-k4v-size-m': number(
    ['--spec-ngram-map-k4v-size-m'],
    'Ngram size M for ngram-map-k4v speculative decoding, length of draft m-gram (default: 48)',
  ),
  'spec-ngram-map-k4v-min-hits': number(
    ['--spec-ngram-map-k4v-min-hits'],
    'Minimum hits for ngram-map-k4v speculative decoding (default: 1)',
  ),
  'lookup-cache-static': text(
    ['-lcs', '--lookup-cache-static'],
    'Path to static lookup cache to use for lookup decoding (not updated by generation)',
  ),
  'lookup-cache-dynamic': text(
    ['-lcd', '--lookup-cache-dynamic'],
    'Path to dynamic lookup cache to use for lookup decoding (updated by generation)',
  ),
  'kv-unified-per-slot': number(
    ['--kv-unified-per-slot'],
    'Context limit per parallel slot (default: unset, behavior unchanged). when set without -c/--ctx-size, the shared KV pool is sized to n_parallel*N',
  ),
  'ctx-checkpoints': number(
    ['-ctxcp', '--ctx-checkpoints', '--swa-checkpoints'],
    'Max number of context checkpoints to create per slot (default: 32)',
  ),
  'checkpoint-min-step': number(
    ['-cms', '--checkpoint-min-step'],
    'Minimum spacing between context checkpoints in tokens (default: 8192, 0 = no minimum)',
  ),
  'cache-ram': number(
    ['-cram', '--cache-ram'],
    'Set the maximum cache size in MiB (default: 8192, 0 for decision models, -1 - no limit, 0 - disable)',
  ),
  'kv-unified': onOff(
    ['-kvu', '--kv-unified'],
    ['-no-kvu', '--no-kv-unified'],
    'Use single unified KV buffer shared across all sequences (default: enabled if number of slots is auto)',
  ),
  'cache-idle-slots': onOff(
    ['--cache-idle-slots'],
    ['--no-cache-idle-slots'],
    'Save idle slots to the prompt cache on new task, and clear them when using unified KV (default: enabled, requires cache-ram)',
  ),
  'context-shift': onOff(
    ['--context-shift'],
    ['--no-context-shift'],
    'Whether to use context shift on infinite text generation (default: disabled)',
  ),
  'reverse-prompt': text(
    ['-r', '--reverse-prompt'],
    'Halt generation at PROMPT, return control in interactive mode',
  ),
  special: present(['-sp', '--special'], 'Special tokens output enabled (default: false)'),
  warmup: onOff(
    ['--warmup'],
    ['--no-warmup'],
    'Whether to perform warmup with an empty run (default: enabled)',
  ),
  'spm-infill': present(
    ['--spm-infill'],
    'Use Suffix/Prefix/Middle pattern for infill (instead of Prefix/Suffix/Middle) as some models prefer this. (default: disabled)',
  ),
  pooling: choice(
    ['--pooling'],
    ['none', 'mean', 'cls', 'last', 'rank'],
    'Pooling type for embeddings, use model default if unspecified',
  ),
  parallel: number(['-np', '--parallel'], 'Number of server slots (default: -1, -1 = auto)'),
  'cont-batching': onOff(
    ['-cb', '--cont-batching'],
    ['-nocb', '--no-cont-batching'],
    'Whether to enable continuous batching (a.k.a dynamic batching) (default: enabled)',
  ),
  mmproj: text(
    ['-mm', '--mmproj'],
    'Path to a multimodal projector file. see tools/mtmd/README.md note: if -hf is used, this argument can be omitted',
  ),
  'mmproj-url': text(
    ['-mmu', '--mmproj-url'],
    'URL to a multimodal projector file. see tools/mtmd/README.md',
  ),
  'mmproj-auto': onOff(
    ['--mmproj-auto'],
    ['--no-mmproj', '--no-mmproj-auto'],
    'Whether to use multimodal projector file (if available), useful when using -hf (default: enabled)',
  ),
  'mmproj-offload': onOff(
    ['--mmproj-offload'],
    ['--no-mmproj-offload'],
    'Whether to enable GPU offloading for multimodal projector (default: enabled)',
  ),
  'mmproj-device': text(
    ['-mmdev', '--mmproj-device'],
    "Device to use for multimodal projector (none = don't offload, default: follows --device) use --list-devices to see a list of available devices",
  ),
  'image-min-tokens': number(
    ['--image-min-tokens'],
    'Minimum number of tokens each image can take, only used by vision models with dynamic resolution (default: read from model)',
  ),
  'image-max-tokens': number(
    ['--image-max-tokens'],
    'Maximum number of tokens each image can take, only used by vision models with dynamic resolution (default: read from model)',
  ),
  'mtmd-batch-max-tokens': number(
    ['--mtmd-batch-max-tokens'],
    'Maximum number of image tokens per batch when encoding images (default: 1024)',
  ),
  'video-fps': number(['--video-fps'], 'Target video frame rate (default: 4.0)'),
  'video-timestamp-interval': number(
    ['--video-timestamp-interval'],
    'Interval in milliseconds between text timestamps (default: 5000)',
  ),
  'video-ffmpeg-dir': text(
    ['--video-ffmpeg-dir'],
    'Path to the directory containing ffmpeg and ffprobe (default: search in PATH)',
  ),
  alias: text(['-a', '--alias'], 'Set model name aliases, comma-separated (to be used by API)'),
  tags: text(['--tags'], 'Set model tags, comma-separated (informational, not used for routing)'),
  'embd-normalize': number(
    ['--embd-normalize'],
    'Normalisation for embeddings (default: 2) (-1=none, 0=max absolute int16, 1=taxicab, 2=euclidean, >2=p-norm)',
  ),
  host: text(
    ['--host'],
    'IP addresses to listen on, comma-separated, or UNIX socket paths ending in .sock; with multiple TCP addresses, :: binds IPv6 only; overlapping addresses result in …',
  ),
  port: number(['--port'], 'Port to listen (default: 9931)'),
  'reuse-port': present(
    ['--reuse-port'],
    'Allow multiple sockets to bind to the same port (default: disabled)',
  ),
  path: text(['--path'], 'Path to serve static files from (default: )'),
  'cors-origins': text(
    ['--cors-origins'],
    "Comma-separated list of allowed origins for CORS (default: *) if set to special value 'localhost', reflect the Origin header only if it is localhost",
  ),
  'cors-methods': text(
    ['--cors-methods'],
    'Comma-separated list of allowed methods for CORS (default: GET, POST, DELETE, OPTIONS)',
  ),
  'cors-headers': text(['--cors-headers'], 'Comma-separated list of allowed headers for CORS (default: *)'),
  'cors-credentials': onOff(
    ['--cors-credentials'],
    ['--no-cors-credentials'],
    'Whether to allow credentials for CORS (default: enabled) note: if this is enabled and --cors-origins is set to * (default), the Origin header will be echoed back, and …',
  ),
  'api-prefix': text(
    ['--api-prefix'],
    'Prefix path the server serves from, without the trailing slash (default: )',
  ),
  'ui-config': text(
    ['--ui-config', '--webui-config'],
    'JSON that provides default UI settings (overrides UI defaults)',
  ),
  'ui-config-file': text(
    ['--ui-config-file', '--webui-config-file'],
    'JSON file that provides default UI settings (overrides UI defaults)',
  ),
  'ui-mcp-proxy': onOff(
    ['--ui-mcp-proxy', '--webui-mcp-proxy'],
    ['--no-ui-mcp-proxy', '--no-webui-mcp-proxy'],
    'Experimental: whether to enable MCP CORS proxy - do not enable in untrusted environments (default: disabled)',
  ),
  tools: text(
    ['--tools'],
    'Experimental: whether to enable built-in tools for AI agents - do not enable in untrusted environments (default: no tools) specify "all" to enable all tools available …',
  ),
  'tools-runtime': text(
    ['--tools-runtime'],
    "Experimental: run tools in a separate runtime environment (default: none, use host environment) available options: 'docker:<image>', 'podman:<image>': spin up a new …",
  ),
  'mcp-servers-config': text(
    ['--mcp-servers-config'],
    'Experimental: path to JSON file with MCP server definitions (Cursor-compatible format) - do not enable in untrusted environments (default: none) note: for security …',
  ),
  'mcp-servers-json': text(
    ['--mcp-servers-json'],
    'Experimental: inline JSON with MCP server definitions (Cursor-compatible format) - do not enable in untrusted environments (default: none) note: for security reasons, …',
  ),
  agent: onOff(
    ['-ag', '--agent'],
    ['-no-ag', '--no-agent'],
    'Whether to enable CORS proxy and all built-in tools - do not enable in untrusted environments (default: disabled) note: for security reasons, this will limit …',
  ),
  ui: onOff(
    ['--ui', '--webui'],
    ['--no-ui', '--no-webui'],
    'Whether to enable the Web UI (default: enabled)',
  ),
  embedding: present(
    ['--embedding', '--embeddings'],
    'Restrict to only support embedding use case; use only with dedicated embedding models (default: disabled)',
  ),
  rerank: present(['--rerank', '--reranking'], 'Enable reranking endpoint on server (default: disabled)'),
  'api-key': text(
    ['--api-key'],
    'API key to use for authentication, multiple keys can be provided as a comma-separated list (default: none)',
  ),
  'api-key-file': text(
    ['--api-key-file'],
    'Path to file containing API keys, one per line; lines starting with a hash are treated as comments (default: none)',
  ),
  'ssl-key-file': text(['--ssl-key-file'], 'Path to file a PEM-encoded SSL private key'),
  'ssl-cert-file': text(['--ssl-cert-file'], 'Path to file a PEM-encoded SSL certificate'),
  'chat-template-kwargs': text(
    ['--chat-template-kwargs'],
    'Sets additional params for the json template parser, must be a valid json object string, e.g. \'{"key1":"value1","key2":"value2"}\'',
  ),
  timeout: number(['-to', '--timeout'], 'Server read/write timeout in seconds (default: 3600)'),
  'sse-ping-interval': number(
    ['--sse-ping-interval'],
    'Server SSE ping interval in seconds (-1 = disabled, default: 30)',
  ),
  'threads-http': number(['--threads-http'], 'Number of threads used to process HTTP requests (default: -1)'),
  'cache-prompt': onOff(
    ['--cache-prompt'],
    ['--no-cache-prompt'],
    'Whether to enable prompt caching (default: enabled)',
  ),
  'cache-reuse': number(
    ['--cache-reuse'],
    'Min chunk size to attempt reusing from the cache via KV shifting, requires prompt caching to be enabled (default: 0)',
  ),
  metrics: present(['--metrics'], 'Enable prometheus compatible metrics endpoint (default: disabled)'),
  props: present(['--props'], 'Enable changing global properties via POST /props (default: disabled)'),
  slots: onOff(['--slots'], ['--no-slots'], 'Expose slots monitoring endpoint (default: enabled)'),
  'slot-save-path': text(['--slot-save-path'], 'Path to save slot kv cache (default: disabled)'),
  'media-path': text(
    ['--media-path'],
    'Directory for loading local media files; files can be accessed via file:// URLs using relative paths (default: disabled)',
  ),
  'models-dir': text(
    ['--models-dir'],
    'Directory containing models for the router server (default: disabled)',
  ),
  'models-preset': text(
    ['--models-preset'],
    'Path to INI file containing model presets for the router server (default: disabled)',
  ),
  'models-max': number(
    ['--models-max'],
    'For router server, maximum number of models to load simultaneously (default: 4, 0 = unlimited)',
  ),
  'models-autoload': onOff(
    ['--models-autoload'],
    ['--no-models-autoload'],
    'For router server, whether to automatically load models (default: enabled)',
  ),
  jinja: onOff(
    ['--jinja'],
    ['--no-jinja'],
    'Whether to use jinja template engine for chat (default: enabled)',
  ),
  'reasoning-format': text(
    ['--reasoning-format'],
    "Controls whether thought tags are allowed and/or extracted from the response, and in which format they're returned; one of:",
  ),
  reasoning: choice(
    ['-rea', '--reasoning'],
    ['on', 'off', 'auto'],
    "Use reasoning/thinking in the chat ('on', 'off', or 'auto', default: 'auto' (detect from template))",
  ),
  'reasoning-effort': text(
    ['--reasoning-effort'],
    "Reasoning effort level given to the chat template: 'default' to keep the template default, or a level such as 'minimal', 'low', 'medium', 'high', 'xhigh' or 'max' …",
  ),
  'reasoning-budget': number(
    ['--reasoning-budget'],
    'Token budget for thinking: -1 for unrestricted, 0 for immediate end, N>0 for token budget (default: -1)',
  ),
  'reasoning-budget-message': text(
    ['--reasoning-budget-message'],
    'Message injected before the end-of-thinking tag when reasoning budget is exhausted (default: none)',
  ),
  'reasoning-preserve': onOff(
    ['--reasoning-preserve'],
    ['--no-reasoning-preserve'],
    'Preserve reasoning trace in the full history, not just the last assistant message (default: enabled) compatible with certain templates having …',
  ),
  'chat-template': text(
    ['--chat-template'],
    "Set custom jinja chat template (default: template taken from model's metadata) if suffix/prefix are specified, template will be disabled only commonly used templates are …",
  ),
  'chat-template-file': text(
    ['--chat-template-file'],
    "Set custom jinja chat template file (default: template taken from model's metadata) if suffix/prefix are specified, template will be disabled only commonly used …",
  ),
  'skip-chat-parsing': onOff(
    ['--skip-chat-parsing'],
    ['--no-skip-chat-parsing'],
    'Force a pure content parser, even if a Jinja template is specified; model will output everything in the content section, including any reasoning and/or tool calls …',
  ),
  'prefill-assistant': onOff(
    ['--prefill-assistant'],
    ['--no-prefill-assistant'],
    "Whether to prefill the assistant's response if the last message is an assistant message (default: prefill enabled) when this flag is set, if the last message is an …",
  ),
  'slot-prompt-similarity': number(
    ['-sps', '--slot-prompt-similarity'],
    'How much the prompt of a request must match the prompt of a slot in order to use that slot (default: 0.10, 0.0 = disabled)',
  ),
  'lora-init-without-apply': present(
    ['--lora-init-without-apply'],
    'Load LoRA adapters without applying them (apply later via POST /lora-adapters) (default: disabled)',
  ),
  'sleep-idle-seconds': number(
    ['--sleep-idle-seconds'],
    'Number of seconds of idleness after which the server will sleep (default: -1; -1 = disabled)',
  ),
  'log-prompts-dir': text(
    ['--log-prompts-dir'],
    'Log prompts to directory (auto-created if not present; only used for debugging, default: disabled)',
  ),
  'embd-gemma-default': present(
    ['--embd-gemma-default'],
    'Use default EmbeddingGemma model (note: can download weights from the internet)',
  ),
  'fim-qwen-1.5b-default': present(
    ['--fim-qwen-1.5b-default'],
    'Use default Qwen 2.5 Coder 1.5B (note: can download weights from the internet)',
  ),
  'fim-qwen-3b-default': present(
    ['--fim-qwen-3b-default'],
    'Use default Qwen 2.5 Coder 3B (note: can download weights from the internet)',
  ),
  'fim-qwen-7b-default': present(
    ['--fim-qwen-7b-default'],
    'Use default Qwen 2.5 Coder 7B (note: can download weights from the internet)',
  ),
  'fim-qwen-7b-spec': present(
    ['--fim-qwen-7b-spec'],
    'Use Qwen 2.5 Coder 7B + 0.5B draft for speculative decoding (note: can download weights from the internet)',
  ),
  'fim-qwen-14b-spec': present(
    ['--fim-qwen-14b-spec'],
    'Use Qwen 2.5 Coder 14B + 0.5B draft for speculative decoding (note: can download weights from the internet)',
  ),
  'fim-qwen-30b-default': present(
    ['--fim-qwen-30b-default'],
    'Use default Qwen 3 Coder 30B A3B Instruct (note: can download weights from the internet)',
  ),
  'gpt-oss-20b-default': present(
    ['--gpt-oss-20b-default'],
    'Use gpt-oss-20b (note: can download weights from the internet)',
  ),
  'gpt-oss-120b-default': present(
    ['--gpt-oss-120b-default'],
    'Use gpt-oss-120b (note: can download weights from the internet)',
  ),
  'vision-gemma-4b-default': present(
    ['--vision-gemma-4b-default'],
    'Use Gemma 3 4B QAT (note: can download weights from the internet)',
  ),
  'vision-gemma-12b-default': present(
    ['--vision-gemma-12b-default'],
    'Use Gemma 3 12B QAT (note: can download weights from the internet)',
  ),
  'spec-default': present(['--spec-default'], 'Enable default speculative decoding config'),
} as const;
