import { FakeObjectStore } from './fake-object-store.js';
import { describeObjectStore } from './object-store.contract.js';

describeObjectStore('FakeObjectStore', async () => new FakeObjectStore());
