// The configuration of llama-swap, key by key as its own documentation has it, less what follows from other options.
// Source: config-schema.json of mostlygeek/llama-swap, commit 0bdb3720199f (2026-08-22).
import { line, url, z } from 'stead';

const seconds = () => z.int().min(0);
const macroName = () =>
  z
    .string()
    .regex(
      /^(?!(PID|PORT|MODEL_ID)$)[a-zA-Z0-9_-]{1,64}$/,
      'a name of letters, digits, "-" and "_", not PID, PORT or MODEL_ID',
    );
const macros = z
  .record(macroName(), z.union([z.string().max(1024), z.number(), z.boolean()]))
  .describe('Texts by name that `${name}` stands for.');
const timeouts = z
  .object({
    connect: seconds().optional().describe('Seconds to connect: 30.'),
    keepalive: seconds().optional().describe('Seconds between signs of life: 30.'),
    responseHeader: seconds().optional().describe('Seconds until an answer begins: 0, without end.'),
    tlsHandshake: seconds().optional().describe('Seconds for the handshake of TLS: 10.'),
    expectContinue: seconds().optional().describe('Seconds for an answer to Expect: 1.'),
    idleConn: seconds().optional().describe('Seconds that an idle connection is kept: 90.'),
  })
  .describe('How long its connection to the server waits.');
const anything = () => z.record(z.string(), z.json());
const stripParams = () =>
  z
    .string()
    .regex(/^[a-zA-Z0-9_, ]*$/, 'names separated by commas')
    .optional()
    .describe('Parameters that are taken out of requests, separated by commas.');
const filters = z
  .object({
    stripParams: stripParams(),
    setParams: anything().optional().describe('Parameters that requests get.'),
    setParamsByID: z.record(z.string(), anything()).optional().describe('The same by the name asked for.'),
  })
  .describe('What is changed in requests.');
const modality = z.array(z.enum(['text', 'audio', 'image'])).min(1);

/** What can be said for one model. */
export const swapModel = z.object({
  name: z.string().max(128).optional().describe('The name that lists show.'),
  description: z.string().max(1024).optional().describe('What lists say of it.'),
  macros: macros.optional(),
  cmdStop: line().optional().describe('A command that ends it; `${PID}` is its process.'),
  useModelName: line().optional().describe('The name that the server behind is asked for.'),
  filters: filters.optional(),
  metadata: anything().optional().describe('What /v1/models says beside.'),
  concurrencyLimit: z.int().min(0).optional().describe('Requests at once: 10, where it is 0.'),
  sendLoadingState: z.boolean().optional().describe('Whether a client is told that it loads.'),
  unlisted: z.boolean().optional().describe('Whether lists leave it out.'),
  timeouts: timeouts.optional(),
  compat: z
    .object({ ignoreWebsockets: z.boolean().optional().describe('Whether WebSockets load no model.') })
    .optional()
    .describe('For certain clients.'),
  capabilities: z
    .object({
      in: modality.optional().describe('What it understands.'),
      out: modality.optional().describe('What it makes.'),
      tools: z.boolean().optional().describe('Whether it calls functions.'),
      reranker: z.boolean().optional().describe('Whether it has /v1/rerank.'),
      context: z.int().min(0).optional().describe('The longest context in tokens.'),
    })
    .optional()
    .describe('What /v1/models says that it can do.'),
});

const groups = z
  .record(
    z.string(),
    z.object({
      swap: z.boolean().optional().describe('Whether only one of them runs at a time: yes.'),
      exclusive: z.boolean().optional().describe('Whether one of them ends those of other groups: yes.'),
      persistent: z.boolean().optional().describe('Whether no other group ends them: no.'),
      members: z.array(line()).describe('Names of models.'),
    }),
  )
  .describe('Which models run beside one another.');
const matrix = z
  .object({
    vars: z
      .record(z.string().regex(/^[a-zA-Z0-9]{1,8}$/, 'one to eight letters and digits'), line())
      .describe('Short names for models.'),
    evict_costs: z.record(z.string(), z.int().min(1)).optional().describe('What it costs to end one: 1.'),
    sets: z.record(z.string(), line()).describe('Which of them may run together: `a & (b | c)`.'),
  })
  .describe('Which models run together, as combinations.');

const profile = z.object({
  description: z.string().max(1024).optional().describe('What it is for.'),
  pins: z
    .record(z.string().min(1), z.union([z.string(), z.null()]))
    .describe('Names of models, and what each stands for meanwhile.'),
});
const selector = z.object({
  strategy: z.enum(['warm', 'pin', 'spillover']).describe('How a model is picked for a request.'),
  targets: z.array(line()).min(1).describe('The models, in order.'),
  settings: z
    .object({ spillover: z.int().min(1).optional().describe('Requests before the next one gets some: 1.') })
    .optional()
    .describe('Of the strategy.'),
  name: z.string().max(128).optional().describe('The name that lists show.'),
  description: z.string().max(1024).optional().describe('What lists say of it.'),
  unlisted: z.boolean().optional().describe('Whether lists leave it out.'),
  metadata: anything().optional().describe('What /v1/models says beside.'),
});
const peer = z.object({
  proxy: url().describe('Its address.'),
  models: z.array(line()).describe('The models that it has.'),
  filters: z
    .object({
      stripParams: stripParams(),
      setParams: anything().optional().describe('Parameters that requests get.'),
    })
    .optional()
    .describe('What is changed in requests.'),
  timeouts: timeouts
    .omit({ keepalive: true })
    .extend({ keepalive: seconds().optional().describe('Seconds between signs of life: 30.') })
    .optional()
    .describe('How long is waited for it.'),
});

/** What can be said for llama-swap as a whole. */
export const swapSettings = z.object({
  healthCheckTimeout: z.int().min(15).optional().describe('Seconds until a model has to be ready: 120.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).optional().describe('What is logged: info.'),
  logTimeFormat: z
    .enum([
      '',
      'ansic',
      'unixdate',
      'rubydate',
      'rfc822',
      'rfc822z',
      'rfc850',
      'rfc1123',
      'rfc1123z',
      'rfc3339',
      'rfc3339nano',
      'kitchen',
      'stamp',
      'stampmilli',
      'stampmicro',
      'stampnano',
    ])
    .optional()
    .describe('How its log writes times: not at all.'),
  logToStdout: z
    .enum(['proxy', 'upstream', 'both', 'none'])
    .optional()
    .describe('Whose log the journal has: proxy.'),
  metricsMaxInMemory: z.int().optional().describe('Requests that it keeps figures of: 1000.'),
  captureBuffer: z.int().min(0).optional().describe('Megabytes of requests and answers that it keeps: 5.'),
  store: z
    .object({ path: line().describe('A file that outlives it.') })
    .optional()
    .describe('Where activity is kept.'),
  ui: z
    .object({
      activity: z
        .object({ session_id: z.array(line()).optional().describe('Headers that name a session.') })
        .optional()
        .describe('The page with what was asked.'),
    })
    .optional()
    .describe('Its own page.'),
  performance: z
    .object({
      disabled: z.boolean().optional().describe('Whether the machine is not watched.'),
      every: z
        .string()
        .regex(/^[-+]?(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/, 'a time such as 15s')
        .optional()
        .describe('How often it is: 15s.'),
    })
    .optional()
    .describe('Watching the machine.'),
  startPort: z.int().min(1).max(65_535).optional().describe('The first port that models get: 5800.'),
  sendLoadingState: z.boolean().optional().describe('Whether clients are told that a model loads.'),
  includeAliasesInList: z.boolean().optional().describe('Whether lists have aliases, too.'),
  macros: macros.optional(),
  profiles: z
    .record(z.string().min(1), profile)
    .optional()
    .describe('Names that stand for others, to switch by hand.'),
  selectors: z
    .record(z.string().min(1), selector)
    .optional()
    .describe('Names that stand for several models.'),
  groups: groups.optional(),
  matrix: matrix.optional(),
  peers: z.record(z.string(), peer).optional().describe('Other servers whose models are offered, too.'),
  upstream: z
    .object({ ignorePaths: z.array(line()).optional().describe('Paths that load no model, as expressions.') })
    .optional()
    .describe('What /upstream passes on.'),
  routing: z
    .object({
      scheduler: z
        .object({
          use: z.enum(['fifo']).optional().describe('Who is next.'),
          settings: z
            .object({
              fifo: z
                .object({
                  priority: z.record(z.string(), z.int()).optional().describe('By model; higher ones first.'),
                })
                .optional()
                .describe('First come, first served.'),
            })
            .optional()
            .describe('Of the scheduler.'),
        })
        .optional()
        .describe('The order of requests that wait.'),
      router: z
        .object({
          use: z.enum(['group', 'matrix']).optional().describe('Which of the two.'),
          settings: z
            .object({ groups: groups.optional(), matrix: matrix.optional() })
            .optional()
            .describe('Of either.'),
        })
        .optional()
        .describe('Which models run beside one another.'),
    })
    .optional()
    .describe('In place of `groups` and `matrix`.'),
});
