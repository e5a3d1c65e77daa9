import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections that never asked anything, such as browsers and clients open ahead of need. Node counts them among the busy
 * ones, so that `closeIdleConnections` leaves them open and a server that closes waits for them.
 */
export class UnusedConnections {
  private readonly sockets = new Set<Socket>();

  /** @param server  before it listens */
  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('request', ({ socket }) => this.sockets.delete(socket));
  }

  /** Ends those of which nothing has been read; a request that is arriving goes on. */
  close(): void {
    for (const socket of this.sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
