// Where a host stands in the fleet's networks: what other modules build names, peers and rules from.
import { hostName, ip, options, z } from 'stead';

export const network = options(
  'network',
  z.object({
    addresses: z
      .record(hostName(), ip())
      .describe(
        "The host's address in each network it is part of, by the network's name: `{ rack: '10.42.0.10' }`.",
      ),
    aliases: z.array(hostName()).describe('Further names of the host, without the domain.'),
  }),
);
