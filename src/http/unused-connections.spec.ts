import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { UnusedConnections } from './unused-connections.js';

const server = createServer();
const sockets: Socket[] = [];
afterEach(() => sockets.forEach((socket) => socket.destroy()));

async function connected(sent?: string): Promise<Socket> {
  const accepted = once(server, 'connection');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  const [[theirs]] = (await Promise.all([accepted, once(socket, 'connect')])) as [[Socket], unknown];
  if (sent === undefined) return socket;
  const arrived = once(theirs, 'data'); // beside node's own parser
  socket.write(sent);
  await arrived;
  return socket;
}

it('ends connections that asked nothing, and none that asks', async () => {
  const unused = new UnusedConnections(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const silent = await connected();
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const arriving = await connected('GET / HTTP/1.1\r\nhost: a\r\n');
  const closed = once(server.close(), 'close');

  const ended = once(silent, 'close');
  unused.close();
  await ended;

  const answer = once(arriving, 'data') as Promise<[Buffer]>;
  arriving.write('connection: close\r\n\r\n');
  const [, response] = await asked;
  unused.close();
  response.end('yes');
  expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 200 /);
  await closed;
});
