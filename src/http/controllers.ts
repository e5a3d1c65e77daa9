import type { Type } from '@nestjs/common';
import { AuditController } from './admin/audit.controller.js';
import { AdminGrantsController } from './admin/grants.controller.js';
import { KeysController } from './admin/keys.controller.js';
import { QuotasController } from './admin/quotas.controller.js';
import { ResidencyController } from './admin/residency.controller.js';
import { TenantsController } from './admin/tenants.controller.js';
import { AdaptersController } from './adapters.controller.js';
import { BricksController } from './bricks.controller.js';
import { CompositionsController } from './compositions.controller.js';
import { EvaluationsController } from './evaluations.controller.js';
import { FilesController } from './files.controller.js';
import { FineTuningController } from './fine-tuning.controller.js';
import { GrantsController } from './grants.controller.js';
import { HealthController } from './health.controller.js';
import { InferenceController } from './inference.controller.js';
import { ModelsController } from './models.controller.js';

/** Every controller of the API, in the order of the document. */
export const CONTROLLERS: readonly Type[] = [
  ModelsController,
  InferenceController,
  AdaptersController,
  CompositionsController,
  BricksController,
  GrantsController,
  FilesController,
  FineTuningController,
  EvaluationsController,
  TenantsController,
  KeysController,
  QuotasController,
  AdminGrantsController,
  ResidencyController,
  AuditController,
  HealthController,
];
