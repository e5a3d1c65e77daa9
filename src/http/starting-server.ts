import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Answers on the service's port while the base loads and migrations run: alive, not ready, and 503 to everything else.
 */
export class StartingServer {
  private constructor(
    private readonly server: Server,
    /** The port taken, also where a free one was asked for. */
    readonly port: number,
  ) {}

  static async listen(host: string, port: number): Promise<StartingServer> {
    const server = createServer((request, response) => {
      const isAlive = request.url === '/healthz';
      const isProbe = isAlive || request.url === '/readyz';
      const error = { message: 'the service is starting', type: 'server_error', param: null, code: 'overloaded' };
      response.writeHead(isAlive ? 200 : 503, { 'content-type': 'application/json', 'retry-after': '2' });
      response.end(JSON.stringify(isProbe ? { status: isAlive ? 'ok' : 'starting' } : { error }));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return new StartingServer(server, (server.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
