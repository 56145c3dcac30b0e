// The machines that serve language models: llama-server, at a port that the gateway's page asks.
import { ports } from 'stead/modules/ports';

export const llm = [ports({ listen: { 'llama-server': { port: 8080, openTo: ['rack'] } } })];
