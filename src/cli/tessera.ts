#!/usr/bin/env node
import { runCommand } from './run-command.js';
import { COMMANDS } from './table.js';

process.exitCode = await runCommand(process.argv.slice(2), COMMANDS, {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  columns: process.stderr.isTTY ? process.stderr.columns : undefined,
  env: process.env,
  fetch,
});
