import { Module, type DynamicModule } from '@nestjs/common';
import type { BaseModel } from '../models/base-model.js';
import { ADAPTER_COMPILER, LEASES } from '../registry/ports.js';
import type { Runtime } from '../runtime/protocol.js';
import { BaseAdapterCompiler, type AdapterImporter } from './base-adapter-compiler.js';
import { VersionLeases } from './version-leases.js';

export const BASE_MODEL = Symbol('BaseModel');
export const RUNTIME = Symbol('Runtime');

/** What this thread needs to know of the base; its weights are the runtime's, and read from the disk when asked for. */
export type ServedBase = Pick<BaseModel, 'heads' | 'labels' | 'tokenizer' | 'digest' | 'weights' | 'sites'>;

export interface Engine {
  readonly base: ServedBase;
  readonly runtime: Runtime;
  readonly importer: AdapterImporter;
}

/** Gives the base, the runtime that runs it, and what the registry needs of them. */
@Module({})
export class EngineModule {
  static forRoot({ base, runtime, importer }: Engine): DynamicModule {
    const leases = new VersionLeases();
    return {
      module: EngineModule,
      global: true,
      providers: [
        { provide: BASE_MODEL, useValue: base },
        { provide: RUNTIME, useValue: runtime },
        { provide: VersionLeases, useValue: leases },
        { provide: LEASES, useValue: leases },
        { provide: ADAPTER_COMPILER, useValue: new BaseAdapterCompiler(base, importer) },
      ],
      exports: [BASE_MODEL, RUNTIME, VersionLeases, LEASES, ADAPTER_COMPILER],
    };
  }
}
