import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canReach } from './service-user.js';

describe('canReach', () => {
  let parent: string;
  let child: string;
  const stranger = { uid: 54_321, gid: 54_321 };
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'tessera-reach-'));
    child = join(parent, 'child');
    await mkdir(child, { mode: 0o755 });
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  it('needs every directory on the way to be open to others', async () => {
    await chmod(parent, 0o700);
    expect(await canReach(child, stranger)).toBe(false);
    await chmod(parent, 0o711);
    expect(await canReach(child, stranger)).toBe(true);
    await chmod(child, 0o711);
    expect(await canReach(child, stranger)).toBe(false);
    await chmod(child, 0o755);
  });

  it("goes by the owner's bits for the owner", async () => {
    await chmod(parent, 0o700);
    const own = { uid: process.getuid!(), gid: process.getgid!() };
    expect(await canReach(child, own)).toBe(true);
    await chown(parent, own.uid, own.gid);
    await chmod(parent, 0o077);
    expect(await canReach(child, own)).toBe(false);
    await chmod(parent, 0o700);
  });
});
