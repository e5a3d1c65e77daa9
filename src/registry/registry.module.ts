import { Inject, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DATABASE, type Database } from '../database/open-database.js';
import { TenantDb } from '../database/tenant-db.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { AdapterAliasEntity } from './adapter-alias.entity.js';
import { AdapterVersionEntity } from './adapter-version.entity.js';
import { AdapterEntity } from './adapter.entity.js';
import { Aliases } from './aliases.js';
import { CompositionsService } from './compositions/compositions.service.js';
import { Members } from './compositions/members.service.js';
import { SquadExtractions } from './compositions/squad-extractions.service.js';
import { DatasetEntity } from './dataset.entity.js';
import { DatasetsService } from './datasets.service.js';
import { CompositionMemberEntity } from './compositions/composition-member.entity.js';
import { FileEntity } from './file.entity.js';
import { FilesService } from './files.service.js';
import { BrickLibrary } from './grants/brick-library.service.js';
import { GrantEntity } from './grants/grant.entity.js';
import { GrantsService } from './grants/grants.service.js';
import { ImportService } from './import.service.js';
import { LineageService } from './lineage.service.js';
import { ModelStore } from './model-store.js';
import { ModelResolver } from './model-resolver.js';
import { ObjectCleanupEntity } from './object-cleanup.entity.js';
import { ObjectSweeper } from './object-sweeper.js';
import { PackedBricks } from './packed-bricks.js';
import { RegistryService } from './registry.service.js';
import { RemovalService } from './removal.service.js';
import { ResultFilesService } from './result-files.service.js';
import { TensorRefEntity } from './tensor-ref.entity.js';
import { TrainedBases } from './trained-bases.js';
import { VersionLineageEntity } from './version-lineage.entity.js';
import { VersionMaker } from './version-maker.js';

export const REGISTRY_ENTITIES = [
  AdapterEntity,
  AdapterVersionEntity,
  AdapterAliasEntity,
  ObjectCleanupEntity,
  FileEntity,
  DatasetEntity,
  VersionLineageEntity,
  TensorRefEntity,
  GrantEntity,
  CompositionMemberEntity,
];

/** Removes at start what a process that was killed in the middle of an import has left. */
@Injectable()
export class SweepAtStart implements OnApplicationBootstrap {
  constructor(
    private readonly sweeper: ObjectSweeper,
    @Inject(DATABASE) private readonly database: Database,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweeper.sweep({ isAlone: this.database.isEmbedded });
  }
}

/** Needs ADAPTER_COMPILER and LEASES from a global module. */
@Module({
  imports: [TypeOrmModule.forFeature(REGISTRY_ENTITIES), TenantsModule],
  providers: [
    Aliases,
    BrickLibrary,
    CompositionsService,
    DatasetsService,
    FilesService,
    GrantsService,
    ImportService,
    LineageService,
    Members,
    ModelStore,
    ObjectSweeper,
    PackedBricks,
    RegistryService,
    RemovalService,
    ResultFilesService,
    SquadExtractions,
    SweepAtStart,
    TrainedBases,
    VersionMaker,
    {
      provide: ModelResolver,
      inject: [TenantDb, DATABASE],
      useFactory: (db: TenantDb, { isEmbedded }: Database) => new ModelResolver(db, { isAlone: isEmbedded }),
    },
  ],
  exports: [
    BrickLibrary,
    CompositionsService,
    DatasetsService,
    FilesService,
    GrantsService,
    ImportService,
    LineageService,
    ObjectSweeper,
    RegistryService,
    RemovalService,
    ResultFilesService,
    SquadExtractions,
    VersionMaker,
  ],
})
export class RegistryModule {}
