import { Module, type DynamicModule } from '@nestjs/common';
import type { BaseModel } from '../models/base-model.js';
import { ADAPTER_COMPILER, LEASES } from '../registry/ports.js';
import type { Runtime } from '../runtime/protocol.js';
import { BaseAdapterCompiler } from './base-adapter-compiler.js';
import { VersionLeases } from './version-leases.js';

export const BASE_MODEL = Symbol('BaseModel');
export const RUNTIME = Symbol('Runtime');

export interface Engine {
  readonly base: BaseModel;
  readonly runtime: Runtime;
}

/** Gives the base, the runtime that runs it, and what the registry needs of them. */
@Module({})
export class EngineModule {
  static forRoot({ base, runtime }: Engine): DynamicModule {
    const leases = new VersionLeases();
    return {
      module: EngineModule,
      global: true,
      providers: [
        { provide: BASE_MODEL, useValue: base },
        { provide: RUNTIME, useValue: runtime },
        { provide: VersionLeases, useValue: leases },
        { provide: LEASES, useValue: leases },
        { provide: ADAPTER_COMPILER, useValue: new BaseAdapterCompiler(base) },
      ],
      exports: [BASE_MODEL, RUNTIME, VersionLeases, LEASES, ADAPTER_COMPILER],
    };
  }
}
