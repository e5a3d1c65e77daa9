import type { TestProject } from 'vitest/node';
import { startServers } from './servers.js';

/** Starts the servers of the integration run once, and stops them after it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { servers, stop } = await startServers();
  project.provide('servers', servers);
  return stop;
}
