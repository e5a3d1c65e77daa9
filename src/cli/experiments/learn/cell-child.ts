import { runCell, type CellRequest } from './cell.js';

/** Entry of the process that runs one cell: takes a request, answers, and ends. */
process.once('message', (request: CellRequest) => {
  runCell(request).then(
    (result) => process.send?.({ result }, () => process.exit(0)),
    (error: unknown) => process.send?.({ error: String(error) }, () => process.exit(1)),
  );
});
process.on('disconnect', () => process.exit(1));
