import { type DynamicModule, Module } from '@nestjs/common';
import { OBJECT_STORE, type ObjectStore } from './object-store.js';

/** Gives the one ObjectStore to whoever injects `OBJECT_STORE`. */
@Module({})
export class StorageModule {
  static forRoot(store: ObjectStore): DynamicModule {
    return {
      module: StorageModule,
      global: true,
      providers: [{ provide: OBJECT_STORE, useValue: store }],
      exports: [OBJECT_STORE],
    };
  }
}
