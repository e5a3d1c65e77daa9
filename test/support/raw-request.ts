import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes over a connection of their own; gives status and body of the first answer, undefined where none comes. */
export async function sendBytes(
  url: string,
  bytes: string,
  waitMs: number,
): Promise<{ status: number; body: unknown } | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let said = '';
  const answered = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), waitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve(true);
    };
    socket.on('error', end); // the server closes while we still write
    socket.on('close', end);
    socket.on('data', (chunk) => {
      said += chunk.toString();
      if (isWhole(said)) end();
    });
  });
  socket.write(Buffer.from(bytes, 'latin1'));
  await answered;
  socket.destroy();
  const [head = '', text = ''] = said.split('\r\n\r\n');
  if (said === '') return undefined;
  return { status: Number(head.split(' ')[1]), body: JSON.parse(text.slice(0, lengthOf(head))) };
}

function isWhole(said: string): boolean {
  const [head = '', text] = said.split('\r\n\r\n');
  return text !== undefined && text.length >= lengthOf(head);
}

function lengthOf(head: string): number {
  return Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
}
